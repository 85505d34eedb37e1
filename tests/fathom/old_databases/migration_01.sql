BEGIN TRANSACTION;
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
	planned_at FLOAT NOT NULL, 
	extracted_at FLOAT, 
	written_at FLOAT, 
	updated_at FLOAT NOT NULL, 
	PRIMARY KEY (uuid)
);
CREATE TABLE schema_migrations (
	number INTEGER NOT NULL, 
	applied_at FLOAT, 
	PRIMARY KEY (number)
);
INSERT INTO "schema_migrations" VALUES(1,1.0);
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
CREATE INDEX uploads_by_run_key ON uploads (run_key);
CREATE INDEX uploads_by_state ON uploads (state, accepted_at);
CREATE INDEX uploads_in_part ON uploads (collection) WHERE reason = 'DoneInPart';
CREATE INDEX episodes_by_document ON episodes (document, position);
CREATE INDEX episodes_by_state ON episodes (collection, state);
COMMIT;
