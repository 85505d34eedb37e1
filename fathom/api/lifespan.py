"""Opens the state that requests share, and runs the background tasks while the application serves."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from importlib import import_module

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import SQLAlchemyError

from fathom.api.routes.document_followers import Followers
from fathom.api.run_starter import RunStarter
from fathom.api.shared_graph import SharedGraph
from fathom.database import close_databases, open_database
from fathom.deployment.components import rotate_logs
from fathom.errors import FathomError
from fathom.metrics.metric_collection import collect_after
from fathom.observability.event_collector import Collector, collect_until_stopped
from fathom.observability.otlp import SpanExport, send_until_stopped
from fathom.operations.alert_rounds import AlertRounds
from fathom.operations.alerting import watch_over
from fathom.operations.quality_reports import record_gauges
from fathom.orchestration.run_submission import open_instance
from fathom.security.api_keys import open_keys
from fathom.security.request_pacing import GuessLimit, RateLimit
from fathom.settings import Settings
from fathom.status.forecast import errors, history_of

WATCHED_FOR_S = 10.0  # after a request, another is likely
ROTATE_EVERY_S = 600.0
MEASURE_EVERY_S = 60.0
LOOK_FOR_STOP_S = 1.0
WAIT_FOR_EVENTS_S = 2.0  # of an ending stream, for its last events
STOP_THREAD_WITHIN_S = 5.0


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Runs the background tasks: collects events, starts runs, watches the supervisor."""
    settings: Settings = app.state.settings
    collector = Collector(await run_in_threadpool(open_database, settings.operational_url), settings.home)
    open_state(app, collector)
    stop = threading.Event()
    rounds = collect_until_stopped(collector, stop, watched=partial(_watched, app))
    failure = threading.Event()
    engine = open_database(settings.operational_url)
    threads = [_start_thread("events", collect_after(rounds, engine, failure.set))]
    threads.append(_start_thread("alerts", _tell_of_failures(settings, failure, stop)))
    if settings.otlp_endpoint is not None:
        export = SpanExport(settings, open_database(settings.operational_url))
        threads.append(_start_thread("spans", send_until_stopped(export, stop)))
    tasks = [asyncio.create_task(work) for work in _background_work(settings, app.state.launcher)]
    try:
        yield
    finally:
        app.state.closing.set()
        app.state.followers.close()
        for task in tasks:
            task.cancel()
        stop.set()
        for thread in threads:
            await run_in_threadpool(thread.join, STOP_THREAD_WITHIN_S)
        await run_in_threadpool(app.state.graph.close)
        await run_in_threadpool(close_databases)


def open_state(app: FastAPI, collector: Collector) -> None:
    """Sets the keys, limits, graph, followers and run starter that the routes take from `app.state`."""
    settings: Settings = app.state.settings
    app.state.keys = open_keys(settings)
    app.state.pace = RateLimit(settings.api_requests_per_minute, at_once=max(10, settings.api_requests_per_minute // 4))
    app.state.guesses = GuessLimit()
    app.state.closing = asyncio.Event()
    app.state.launcher = RunStarter(settings)
    app.state.graph = SharedGraph(settings)
    app.state.followers = Followers(settings, partial(collector.collect, WAIT_FOR_EVENTS_S))
    app.state.asked_at = time.monotonic()


def _start_thread(name: str, rounds: Iterator[object]) -> threading.Thread:
    """Starts a thread that exhausts the iterator."""
    thread = threading.Thread(target=lambda: [None for _ in rounds], name=name, daemon=True)
    thread.start()
    return thread


def _background_work(settings: Settings, launcher: RunStarter) -> tuple[Coroutine[None, None, None], ...]:
    """Returns the coroutines that run beside the requests until they are cancelled."""
    return (
        _rotate_now_and_then(settings),
        _measure_now_and_then(settings),
        launcher.run(),
        launcher.watch(),
        launcher.keep_supervisor(),
        _warm_up(settings),
    )


def _watched(app: FastAPI) -> bool:
    """Returns whether a client follows a document or sent a request within WATCHED_FOR_S."""
    followers: Followers = app.state.followers
    return followers.anybody or bool(time.monotonic() - app.state.asked_at < WATCHED_FOR_S)


async def _rotate_now_and_then(settings: Settings) -> None:
    while True:
        await run_in_threadpool(rotate_logs, settings)
        await asyncio.sleep(ROTATE_EVERY_S)


def _tell_of_failures(settings: Settings, failure: threading.Event, stop: threading.Event) -> Iterator[None]:
    """Looks at the rules of alerts soon after a document or check failed, and when a notice is to be retried."""
    rounds, failed_at = AlertRounds(settings), 0.0
    while not stop.is_set():
        if failure.wait(LOOK_FOR_STOP_S) or (rounds.is_due(time.time()) and time.monotonic() - failed_at > MEASURE_EVERY_S):
            failure.clear()
            try:
                rounds.look(metrics=False)
            except (FathomError, SQLAlchemyError, OSError):  # a later round, or the sensor, looks again
                failed_at = time.monotonic()
        yield


async def _measure_now_and_then(settings: Settings) -> None:
    """Records the gauges of the deployment each minute, and looks at the rules of alerts."""
    while True:
        await asyncio.sleep(MEASURE_EVERY_S)
        with suppress(FathomError, SQLAlchemyError, OSError):  # the next round measures again
            await run_in_threadpool(record_gauges, settings)
            await run_in_threadpool(watch_over, settings)  # as the sensor does, which may be dead


async def _warm_up(settings: Settings) -> None:
    """Loads modules and connections that the first requests would wait for."""
    with suppress(FathomError):
        await run_in_threadpool(lambda: errors(history_of(open_database(settings.operational_url))))
    if (settings.dagster_home / "dagster.yaml").exists():
        with suppress(FathomError):
            await run_in_threadpool(open_instance, settings)
            await run_in_threadpool(import_module, "neo4j")
