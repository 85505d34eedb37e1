"""Writes the pages of docs/ that are generated from the code; --check only lists those that are out of date."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic_core import PydanticUndefined

from fathom.settings import PREFIX, PROJECT_ROOT, SETTINGS_FILE, Settings, variable

DOCS = PROJECT_ROOT / "docs"


def settings_page() -> str:
    """Returns the page of settings: default, values and meaning of each."""
    lines = [
        "# Settings",
        "",
        "Generated from `fathom/settings.py` by `make docs`.",
        "",
        f"Each is read from the environment, or from `{SETTINGS_FILE}` beside `workspace.yaml` under its name in small letters",
        f"without `{PREFIX}`; the environment wins. An unknown name is refused. `fathom up` restarts the parts after a change.",
        "",
        "| setting | default | may be | meaning |",
        "|---|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = "" if field.default in (None, PydanticUndefined) else f"`{field.default}`"
        lines.append(f"| `{variable(name)}` | {default} | {_may_be(field.annotation, field.metadata)} | {field.description} |")
    return "\n".join(lines) + "\n"


def api_page() -> str:
    """Returns the page of the API: every route with its least role and purpose."""
    from fathom.api.app import create_app
    from fathom.api.reference import routes_in_words

    rows = [
        f"| {route.method} | `{route.path}` | {route.role or 'anybody'} | {route.purpose} |"
        for route in routes_in_words(create_app(Settings()))
    ]
    return _API_HEAD + "\n".join(rows) + "\n"


def thresholds_page() -> str:
    """Returns the page of thresholds: default, bounds and reason of each, by stage."""
    from fathom.thresholds import THRESHOLDS

    lines = [_THRESHOLDS_HEAD]
    for stage, limits in THRESHOLDS:
        lines += [f"## `{stage}`", "", type(limits).__doc__ or "", ""]
        lines += ["| threshold | default | may be | reason |", "|---|---|---|---|"]
        for name, field in type(limits).model_fields.items():
            lines.append(f"| `{name}` | {field.default:g} | {_bounds(field.metadata)} | {field.description} |")
        lines.append("")
    return "\n".join(lines)


def metrics_page() -> str:
    """Returns the page of metrics: kind, unit, labels and source of each."""
    from fathom.metrics.metric_definitions import METRICS

    rows = [
        f"| `{metric.name}` | {metric.kind} | {metric.unit} | {' '.join(metric.labels)} | {metric.source} | {metric.meaning} |"
        for metric in METRICS.values()
    ]
    return _METRICS_HEAD + "\n".join(rows) + "\n"


def alerts_page() -> str:
    """Returns the page of alerts: how they work, and the rules."""
    from fathom.alerts.alert_rules import RULES

    rows = []
    for rule in RULES:
        wanted = rule.condition
        condition = f"signal {rule.signal}"
        if wanted is not None:
            of = f" of {' + '.join(wanted.of)}" if wanted.of else ""
            by = f", by {', '.join(wanted.by)}" if wanted.by else ""
            window = "" if wanted.statistic == "latest" else f" in {wanted.window_s / 60:g} min"
            condition = f"{wanted.statistic} of `{wanted.metric}`{of}{by} {wanted.side} {wanted.threshold:g}{window}"
        after = f", critical after {rule.escalate_after_s / 60:g} min" if rule.escalate_after_s else ""
        rows.append(f"| `{rule.name}` | {rule.severity}{after} | {condition} | {rule.for_s / 60:g} min | {rule.summary} |")
    return _ALERTS_HEAD + "\n".join(rows) + "\n"


def faults_page() -> str:
    """Returns the page of the classes of faults that `fathom graph validate` finds, with the action of a repair."""
    from fathom.graph.validation.fault_classes import MEANINGS

    rows = [
        f"| `{kind.value}` | {about.meaning} | {about.action or f'a person decides: `{about.ask}`'} |"
        for kind, about in MEANINGS.items()
    ]
    return _FAULTS_HEAD + "\n".join(rows) + "\n"


def errors_page() -> str:
    """Returns the page of errors: the tiers, and each error with its status, exit code and next step."""
    import fathom.errors
    from fathom.api.problems import status_of_error
    from fathom.errors import FathomError
    from fathom.errors.tiers import TIERS

    tiers = [f"| {name} | {rule.severity} | {rule.meaning} | {rule.ended} | {rule.answered} |" for name, rule in TIERS.items()]
    kinds = [kind for name in fathom.errors.__all__ if _is_error(kind := getattr(fathom.errors, name))]
    kinds.sort(key=lambda kind: (-TIERS[kind.tier].severity, kind.__name__))
    rows = [
        f"| `{kind.__name__}` | {kind.tier} | {int(status_of_error(kind('')))} | {kind.exit_code} | "
        f"{'yes' if kind.retryable else 'no'} | {(kind.__doc__ or '').strip().splitlines()[0]} {kind.hint} |"
        for kind in kinds
        if kind is not FathomError
    ]
    return "\n".join([_ERRORS_HEAD, *tiers, _ERRORS_TABLE, *rows, ""])


def _is_error(kind: Any) -> bool:
    from fathom.errors import FathomError

    return isinstance(kind, type) and issubclass(kind, FathomError)


_ERRORS_HEAD = """# Errors

Generated from `fathom/errors` by `make docs`.

Each error is a problem document (RFC 9457) over HTTP and a JSON object with `--json`, with its `tier`, whether it is
`retryable`, and the next step. An error ends a request with the status of its class. A request that can be answered in spite
of an error is answered with 200 and says so; `FallbackChain` in `fathom/errors/fallback_chain.py` tries strategies in order
and tells which of them answered and why those before it failed.

| tier | severity | kind of fault | an error that ends the request | the request is answered all the same |
|---|---|---|---|---|"""
_ERRORS_TABLE = """
| error | tier | HTTP | exit code | retry helps | meaning and next step |
|---|---|---|---|---|---|"""


_THRESHOLDS_HEAD = """# Thresholds

Generated from `fathom/thresholds.py` by `make docs`.

A check compares a figure with a threshold: `min_…` is the least value that passes, `max_…` the greatest. `fathom quality`
shows the figures. In `fathom.toml`, `[[thresholds]]` overrides values for all documents, a collection or a file type; of
several that apply, the last has precedence. An unknown name or an impossible value is refused at start.

    [[thresholds]]
    collection = "scans"
    file_type = "pdf"
    reason = "Typewriter pages of 1950; a name in ten is misread, and that is accepted."
    values = { documents = { min_ocr_confidence = 0.45 }, graph_episodes = { min_entities = 0 } }
"""

_METRICS_HEAD = """# Metrics

Generated from `fathom/metrics/metric_definitions.py` by `make docs`.

Metrics are read from the events that Fathom logs and from the calls of language models, exactly once; gauges are measured each
minute. Recording costs the work nothing but its log line. Values are kept in spans of a minute, and rolled up to five minutes,
an hour and a day, which are kept 7, 30, 90 and 365 days, each with count, sum, extremes and a digest of the quantiles
(t-digest; a month's p95 is within 1 %). A question that goes farther back than a step is kept gets a longer step. A metric has
at most 200 series; further labels are counted under `(other)`. Samples that arrive more than five days late are dropped.

`fathom metrics` lists them, `fathom metrics NAME --since 7d --by collection` shows the history with a plot,
`GET /api/metrics/NAME` returns it, and `GET /metrics` has the counts, sums and current gauges for Prometheus as `fathom_NAME`.

| metric | kind | unit | labels | source | meaning |
|---|---|---|---|---|---|
"""

_ALERTS_HEAD = """# Alerts

Generated from `fathom/alerts/alert_rules.py` by `make docs`.

    fathom alerts                                   # what is wrong now
    fathom alerts history --since 7d                # with the mean times to detect and to resolve
    fathom alerts ack 3f9a1c2e                      # somebody knows: it is not told again until it ends
    fathom alerts resolve 3f9a1c2e                  # over: it opens again if it concerns more, or comes back
    fathom alerts silence "component_*" --for 2h --reason "new disk"
    fathom alerts test hook                         # send a test notice

The sensor `alerts` evaluates the rules in Dagster every five seconds while anything happens, those on metrics every thirty;
the API looks each minute too, since the daemon may be what is dead. A rule finds something under a key, such as a stage and
an error. An incident opens once the finding has lasted as long as its rule says, with its cause: the documents, the error's
sentence, links to the page and the Dagster run. However many documents fail for the same cause, it is one incident; it is
told again when it concerns more, after fifteen minutes at the earliest, or at once when it becomes more severe. It ends a
minute after its condition has ended, later if the condition keeps coming back, with a notice to whoever was told of it,
also in a silence. A graph that is down silences what follows from it. Checks and failures count for a day. Failures of a
cause in several collections are one incident, which goes to the routes of each.

An empty window finds nothing, a value that is not a number is not kept, and a share is judged from as many values as its
rule says. A gauge that is no longer measured ends no incident for an hour, since its measurer may be what is dead. A clock
that is set back moves what waits with it; after ten minutes without a look, as after a clock that jumped ahead, a rule
waits its time anew.

Notices go out by routes, any of the services of [apprise](https://github.com/caronc/apprise):

    [alerts.routes.oncall]
    url = "pagerduty://INTEGRATION_KEY@API_KEY"
    severities = ["critical"]

    [alerts.routes.team]
    url = "slack://TOKEN_A/TOKEN_B/TOKEN_C/#data"
    severities = ["warning", "critical"]
    labels = { collection = "reports" }

    [alerts.routes.hook]
    url = "json://127.0.0.1:9000/hook"

    [alerts.rules.high_latency]
    threshold = 4                                   # its hysteresis moves with it
    for_s = 120
    severity = "critical"                           # enabled = false switches a rule off
    escalate_after_s = 900                          # critical then, unless somebody acknowledged

    [[alerts.maintenance]]
    begin = 2026-12-24T20:00:00Z
    end = 2026-12-24T23:00:00Z
    reason = "new disk"

    [alerts]
    ping_url = "https://hc-ping.com/UUID"           # requested each minute while the sensor ticks
    stale_hours = { reports = 24 }

A notice is kept in the database until its receiver took it: it is sent at least once, retried with backoff for a day, later
if the receiver asks for it (`Retry-After`), and carries a key by which a receiver knows one that comes twice. Each route
has a thread of its own, so that a receiver that hangs delays no other. A receiver that takes none is an incident of its
own, which goes to the other routes. Unknown rules and keys, a rule that can never fire and a url that apprise does not know
are refused when `fathom up` starts. Every step of an incident is an event (`alert.opened` …) and a line in
`logs/alerts.jsonl`.

| rule | severity | condition | for | meaning |
|---|---|---|---|---|
"""

_FAULTS_HEAD = """# Faults of the graph

Generated from `fathom/graph/validation/fault_classes.py` by `make docs`.

`fathom graph validate` compares ledger and graph, and looks at every episode, entity, fact and mention of a collection, or of
all. It lists each class with its count and up to 20 examples, and exits with 1 if there are any. The same is at
`GET /api/neo4j/validate`, and in Dagster as the asset `graph_validation`, with a check for each class: the sensor
`graph_validation_due` has it made once a day if episodes were written or removed, else once a week. A check that fails has the
severity WARN; documents are processed all the same.

Writers go on meanwhile. A collection that was written to is named in `written_meanwhile`: its faults may be of these writes.

`fathom graph repair --dry-run` says what would be done for each class, `fathom graph repair` does it as the collection's only
writer, in transactions of up to 100 records, and records it in the audit log. Names, types and dates are computed again from
the mentions and assertions; decisions of people (`fathom graph entities`) stay. An episode that is not whole is removed, and
its document is processed again; the language model's answers are cached. A repair that was interrupted is finished by another.
`fathom episodes repair` does the part of it that concerns ledger and graph.

Records are read in pages of up to 500 nodes; kept are uuids, 48 bytes of each name's embedding, and eight bytes a fact and
mention. Tried by hand on Neo4j, a graph of 40,000 nodes and 200,000 relationships needed 5 MB more than the process had before.

| class | meaning | repair |
|---|---|---|
"""


_API_HEAD = """# HTTP API

Generated from `fathom/api` by `make docs`; `/openapi.json` has the schemas of bodies and responses, `/docs` is a page of it.

The API listens on `127.0.0.1:8000` (`FATHOM_API_PORT`). Send a key as `Authorization: Bearer …` or `X-API-Key: …`. The first
`fathom up` writes a key with the role admin to `admin.key` in the home, which only its owner can read; `POST /api/keys` makes
more: `reader` reads, `operator` uploads and controls, `admin` removes and creates keys. A key may be restricted to a
collection. A page signs in by `POST /api/session` `{"key": …}`; the key is then in a cookie that only Fathom's own pages can
use.

Document ids (`collection/path`) are percent-encoded in paths: `default/a.md` is `default%2Fa.md`. Errors are problem
documents (RFC 9457) `{type, title, status, detail, instance, document?}`, named errors with `tier` and `retryable`, too
([errors.md](errors.md)); every response has `X-Request-ID`, which is also on
each log line of the request and of the run it started. Lists have `next`, the pagination cursor, to be sent as `cursor`.

    curl -H "X-API-Key: $(cat .fathom/admin.key)" -F collection=reports -F file=@report.pdf localhost:8000/api/upload

The stream, a WebSocket or, with GET, server-sent events, sends JSON objects with `type`: `log` (a line, with `cursor` and
`progress`), `status` (the whole status and `eta`), `heartbeat`, `missed` (the number of messages dropped for a slow reader;
`cursor` is that of the last message sent), `complete` (the outcome), `closing` (the server stops; reconnect with `cursor`). A
new client gets past events first; `?cursor=` or `Last-Event-ID` resumes after a message.

`status` is pending, processing, completed or failed; `state` is more exact: queued, paused, throttled, running, stalled,
dead, failed, complete. `detail` explains it in a sentence; `waits_until` is the time at which a throttled, paused or dead
document continues by itself. Stalled means a stopped process, a model or graph that does not respond, or a silence of three
times the longest silence of finished documents of its type. A run whose process is gone is ended in Dagster within seconds,
by the API or the sensor, and retried. `estimated_completion` (p50, with `_p90` beside it) is null until enough documents are
finished; it includes waits in the queue, for a rate limit and for the next day's budget.

A key may send `FATHOM_API_REQUESTS_PER_MINUTE` requests (at each API process), an address may guess 60 wrong keys a minute;
then the response is 429 with `Retry-After`. The head of a request may have 64 KB (431) and take ten seconds (408); a body
that is silent for 30 seconds or slower than 1 KB a second ends with 408. When the API stops, streams are told, uploads in
progress have six seconds, new requests get 503 with `Retry-After`; runs continue.

An upload is accepted only when its closing boundary was received; a truncated upload is 400 (`UploadCut`), and nothing of it
is kept. Beside its file a form may have 64 KB in 16 parts, a field 8 KB, an address 16 KB, any other body 1 MB; longer
requests are 413 or 414 while they are read, invalid parameters are 422. `python -m tests.attack.server_errors` searches for
requests that cause server errors. A request that finds the operational database locked is 503 with `Retry-After` within three
seconds: an upload leaves nothing behind then, and a stream keeps waiting.

The API responds to the host names of `FATHOM_ALLOWED_HOSTS` only (400 `HostRefused`), and refuses requests of pages of other
sites or ports that change state or open a WebSocket, whatever key they have (403 `OriginRefused`). A proxy in front must
forward `Host`.

| method | path | least role | purpose |
|---|---|---|---|
"""

PAGES: Mapping[str, Any] = {
    "settings.md": settings_page,
    "api.md": api_page,
    "graph_faults.md": faults_page,
    "thresholds.md": thresholds_page,
    "metrics.md": metrics_page,
    "alerts.md": alerts_page,
    "errors.md": errors_page,
}


def _bounds(bounds: list[Any]) -> str:
    """Returns the bounds of a number in words."""
    words = {"ge": "at least {}", "gt": "more than {}", "le": "at most {}"}
    given = [words[name].format(f"{getattr(bound, name):g}") for bound in bounds for name in words if hasattr(bound, name)]
    return ", ".join(given) or "any number"


def _may_be(annotation: Any, bounds: list[Any]) -> str:
    choices = [value for value in get_args(annotation) if isinstance(value, str)]
    if choices:
        return ", ".join(f"`{choice}`" for choice in choices)
    least = next((bound.ge for bound in bounds if hasattr(bound, "ge")), None)
    most = next((bound.le for bound in bounds if hasattr(bound, "le")), None)
    if least is not None and most is not None:
        return f"{least} to {most}"
    names = {part.__name__ for part in (get_args(annotation) or (annotation,)) if part is not type(None)}
    return {"Path": "a path", "SecretStr": "a secret", "str": "text"}.get(next(iter(names)), "text")


def main(check: bool) -> int:
    """Writes the pages; with `check` prints those that differ and returns 1 if there are any."""
    differing = [name for name, page in PAGES.items() if _text(DOCS / name) != page()]
    if check:
        for name in differing:
            print(f"docs/{name} is out of date: run `make docs`.")
        return 1 if differing else 0
    for name in differing:
        (DOCS / name).write_text(PAGES[name]())
    return 0


def _text(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
