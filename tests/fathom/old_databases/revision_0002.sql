BEGIN TRANSACTION;
CREATE TABLE account_pauses (
	account TEXT NOT NULL, 
	error TEXT NOT NULL, 
	message TEXT NOT NULL, 
	since FLOAT NOT NULL, 
	probes INTEGER NOT NULL, 
	probe_at FLOAT NOT NULL, 
	PRIMARY KEY (account)
);
CREATE TABLE api_keys (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	role TEXT NOT NULL, 
	collection TEXT, 
	hash TEXT NOT NULL, 
	created_at FLOAT NOT NULL, 
	created_by TEXT, 
	last_used_at FLOAT, 
	revoked_at FLOAT, 
	PRIMARY KEY (id)
);
CREATE TABLE attachments (
	document TEXT NOT NULL, 
	mail TEXT NOT NULL, 
	mail_version TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	PRIMARY KEY (document)
);
CREATE TABLE audit_log (
	id TEXT NOT NULL, 
	at FLOAT NOT NULL, 
	action TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	collection TEXT NOT NULL, 
	document TEXT, 
	account TEXT NOT NULL, 
	evidence TEXT, 
	PRIMARY KEY (id)
);
CREATE TABLE called_one (
	collection TEXT NOT NULL, 
	"of" TEXT NOT NULL, 
	one TEXT NOT NULL, 
	other TEXT NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (collection, "of", one, other)
);
INSERT INTO "called_one" VALUES('a','names','ada','adah',6.0);
CREATE TABLE compared_facts (
	collection TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	source TEXT NOT NULL, 
	target TEXT NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (collection, "key", source, target)
);
INSERT INTO "compared_facts" VALUES('a','f1','s','t',5.0);
CREATE TABLE document_dates (
	document TEXT NOT NULL, 
	version TEXT NOT NULL, 
	at TEXT NOT NULL, 
	source TEXT NOT NULL, 
	rank INTEGER NOT NULL, 
	PRIMARY KEY (document, version)
);
CREATE TABLE episodes (
	uuid TEXT NOT NULL, 
	collection TEXT NOT NULL, 
	document TEXT NOT NULL, 
	version TEXT NOT NULL, 
	chunk TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	attempts INTEGER DEFAULT '0' NOT NULL, 
	reason TEXT, 
	chunker TEXT NOT NULL, 
	prompt TEXT NOT NULL, 
	model TEXT NOT NULL, 
	embedder TEXT NOT NULL, 
	tokens_in BIGINT DEFAULT '0' NOT NULL, 
	tokens_out BIGINT DEFAULT '0' NOT NULL, 
	cost_usd FLOAT DEFAULT '0' NOT NULL, 
	entities INTEGER DEFAULT '0' NOT NULL, 
	facts INTEGER DEFAULT '0' NOT NULL, 
	left_out TEXT, 
	planned_at FLOAT NOT NULL, 
	extracted_at FLOAT, 
	written_at FLOAT, 
	updated_at FLOAT NOT NULL, 
	PRIMARY KEY (uuid)
);
CREATE TABLE event_sources (
	source TEXT NOT NULL, 
	read_to BIGINT NOT NULL, 
	updated_at FLOAT NOT NULL, 
	PRIMARY KEY (source)
);
CREATE TABLE events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at FLOAT NOT NULL, 
	level INTEGER NOT NULL, 
	event TEXT, 
	document TEXT, 
	run TEXT, 
	request TEXT, 
	stage TEXT, 
	sub_stage TEXT, 
	message TEXT NOT NULL, 
	metrics TEXT, 
	fields TEXT, 
	logger TEXT, 
	host TEXT NOT NULL, 
	pid INTEGER
);
CREATE TABLE fact_verdicts (
	collection TEXT NOT NULL, 
	one TEXT NOT NULL, 
	other TEXT NOT NULL, 
	same BOOLEAN NOT NULL, 
	model TEXT NOT NULL, 
	prompt TEXT NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (collection, one, other)
);
INSERT INTO "fact_verdicts" VALUES('a','f1','f2',0,'m','p',2.0);
CREATE TABLE fathom_revision (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT fathom_revision_pkc PRIMARY KEY (version_num)
);
INSERT INTO "fathom_revision" VALUES('0002');
CREATE TABLE hand_runs (
	document TEXT NOT NULL, 
	run_id TEXT NOT NULL, 
	version TEXT, 
	origin TEXT NOT NULL, 
	assets TEXT NOT NULL, 
	made TEXT NOT NULL, 
	state TEXT NOT NULL, 
	stage TEXT, 
	reason TEXT, 
	detail TEXT, 
	started_at FLOAT NOT NULL, 
	updated_at FLOAT NOT NULL, 
	PRIMARY KEY (document, run_id)
);
CREATE TABLE judged_names (
	collection TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	kin TEXT, 
	bits BLOB, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (collection, "key")
);
INSERT INTO "judged_names" VALUES('a','ada moreno','a moreno',X'FF00',4.0);
CREATE TABLE llm_calls (
	id INTEGER NOT NULL, 
	at FLOAT NOT NULL, 
	day TEXT NOT NULL, 
	document TEXT, 
	collection TEXT, 
	model TEXT NOT NULL, 
	prompt TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	tokens_in INTEGER NOT NULL, 
	cache_read INTEGER NOT NULL, 
	cache_write INTEGER NOT NULL, 
	tokens_out INTEGER NOT NULL, 
	cost_usd FLOAT NOT NULL, 
	saved_usd FLOAT NOT NULL, 
	seconds FLOAT NOT NULL, 
	estimated BOOLEAN DEFAULT 0 NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "llm_calls" VALUES(1,1.0,'2026-01-01',NULL,NULL,'m','p','complete',1,0,0,1,0.5,0.0,1.0,0);
CREATE TABLE llm_reservations (
	id TEXT NOT NULL, 
	day TEXT NOT NULL, 
	document TEXT, 
	collection TEXT, 
	model TEXT NOT NULL, 
	prompt TEXT NOT NULL, 
	usd FLOAT NOT NULL, 
	expected_usd FLOAT NOT NULL, 
	expires_at FLOAT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "llm_reservations" VALUES('r','2026-01-01','a/1.md','a','m','p',0.5,0.25,9.0);
CREATE TABLE money_waits (
	document TEXT NOT NULL, 
	needed_usd FLOAT NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (document)
);
INSERT INTO "money_waits" VALUES('a/1.md',0.5,9.0);
CREATE TABLE name_verdicts (
	collection TEXT NOT NULL, 
	one TEXT NOT NULL, 
	other TEXT NOT NULL, 
	same BOOLEAN NOT NULL, 
	model TEXT NOT NULL, 
	prompt TEXT NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (collection, one, other)
);
INSERT INTO "name_verdicts" VALUES('a','ada','ada moreno',1,'m','p',1.0);
CREATE TABLE pauses (
	collection TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	paused_by TEXT, 
	paused_at FLOAT NOT NULL, 
	PRIMARY KEY (collection)
);
CREATE TABLE planned_runs (
	run_key TEXT NOT NULL, 
	collection TEXT NOT NULL, 
	documents INTEGER NOT NULL, 
	planned_at FLOAT NOT NULL, 
	PRIMARY KEY (run_key)
);
CREATE TABLE priorities (
	document TEXT NOT NULL, 
	priority INTEGER NOT NULL, 
	set_by TEXT, 
	set_at FLOAT NOT NULL, 
	PRIMARY KEY (document)
);
CREATE TABLE relation_verdicts (
	collection TEXT NOT NULL, 
	one TEXT NOT NULL, 
	other TEXT NOT NULL, 
	same BOOLEAN NOT NULL, 
	model TEXT NOT NULL, 
	prompt TEXT NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (collection, one, other)
);
INSERT INTO "relation_verdicts" VALUES('a','LED','RAN',1,'m','p',3.0);
CREATE TABLE to_forget (
	collection TEXT NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (collection)
);
INSERT INTO "to_forget" VALUES('a',8.0);
CREATE TABLE uploads (
	document TEXT NOT NULL, 
	collection TEXT NOT NULL, 
	path TEXT NOT NULL, 
	size BIGINT NOT NULL, 
	mtime_ns BIGINT NOT NULL, 
	version TEXT, 
	state TEXT NOT NULL, 
	stage TEXT, 
	reason TEXT, 
	detail TEXT, 
	run_key TEXT, 
	run_id TEXT, 
	attempts INTEGER DEFAULT '0' NOT NULL, 
	accepted_at FLOAT, 
	updated_at FLOAT NOT NULL, 
	PRIMARY KEY (document)
);
INSERT INTO "uploads" VALUES('a/1.md','a','1.md',3,4,'v','done',NULL,NULL,NULL,NULL,NULL,0,1.0,2.0);
CREATE TABLE verdict_companies (
	collection TEXT NOT NULL, 
	"of" TEXT NOT NULL, 
	one TEXT NOT NULL, 
	other TEXT NOT NULL, 
	documents TEXT NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (collection, "of", one, other, documents)
);
INSERT INTO "verdict_companies" VALUES('a','names','ada','ada moreno','[]',7.0);
CREATE TABLE writer_leases (
	collection TEXT NOT NULL, 
	number BIGINT NOT NULL, 
	holder TEXT NOT NULL, 
	expires_at FLOAT NOT NULL, 
	PRIMARY KEY (collection)
);
INSERT INTO "writer_leases" VALUES('a',7,'',0.0);
CREATE INDEX uploads_by_run_key ON uploads (run_key);
CREATE INDEX uploads_by_state ON uploads (state, accepted_at);
CREATE INDEX uploads_in_part ON uploads (collection) WHERE reason = 'DoneInPart';
CREATE INDEX planned_runs_by_collection ON planned_runs (collection, planned_at);
CREATE INDEX hand_runs_by_state ON hand_runs (state);
CREATE INDEX attachments_by_mail ON attachments (mail, position);
CREATE INDEX episodes_by_document ON episodes (document, position);
CREATE INDEX episodes_by_state ON episodes (collection, state);
CREATE INDEX events_by_document ON events (document, id);
CREATE INDEX events_by_event ON events (event, id);
CREATE INDEX audit_log_by_document ON audit_log (document, at);
CREATE INDEX fact_verdicts_by_other ON fact_verdicts (collection, other);
CREATE INDEX judged_names_by_kin ON judged_names (collection, kin);
CREATE INDEX llm_calls_by_day ON llm_calls (day, cost_usd);
CREATE INDEX llm_calls_by_document ON llm_calls (document, cost_usd);
CREATE INDEX name_verdicts_by_other ON name_verdicts (collection, other);
CREATE INDEX relation_verdicts_by_other ON relation_verdicts (collection, other);
CREATE INDEX verdict_companies_by_other ON verdict_companies (collection, "of", other);
DELETE FROM "sqlite_sequence";
COMMIT;
