"""Hosts that share the operational database share the rate limit and the cached responses."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from fathom.database import close_databases, open_database
from fathom.extraction.pipeline import rate_limiter_of, response_cache_of
from fathom.llm.client import LLMResponse, TokenUsage
from fathom.llm.middleware.rate_limit import RateLimiter
from fathom.llm.middleware.rate_limit_slots import SharedSlots
from fathom.llm.middleware.shared_response_cache import SharedResponseCache
from fathom.settings import Settings


def response(text: str = "{}") -> LLMResponse:
    return LLMResponse(text, "complete", "m", TokenUsage(1, 2, 3, 4), 0.25)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.integration)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """The tables in both dialects; a deployment uses them in Postgres only."""
    lite = request.param == "sqlite"
    yield open_database(f"sqlite:///{tmp_path / 'fathom.db'}" if lite else request.getfixturevalue("postgres_database"))
    close_databases()


def test_a_response_comes_back_as_it_was_stored(engine: Engine) -> None:
    SharedResponseCache(engine, max_mb=1).put("key", "p", response('{"é": "\U0001f30a"}'), "c/a.md")
    found = SharedResponseCache(engine, max_mb=1).get("key")
    assert found is not None
    assert (found.text, found.tokens, found.cost_usd, found.cached) == (
        '{"é": "\U0001f30a"}',
        TokenUsage(1, 2, 3, 4),
        0.25,
        True,
    )
    assert SharedResponseCache(engine, max_mb=1).get("another") is None


def test_the_least_recently_used_responses_are_evicted(engine: Engine) -> None:
    cache = SharedResponseCache(engine, max_mb=1)
    for number in range(120):
        cache.put(f"key {number:03}", "p", response("x" * 10_000), "c/a.md")
    cache.shrink()
    assert cache.count() < 105
    assert cache.used_by("c/a.md") == cache.count()
    assert cache.get("key 119") is not None
    assert cache.get("key 000") is None


def test_a_removed_document_leaves_no_response_that_no_other_uses(engine: Engine) -> None:
    cache = SharedResponseCache(engine, max_mb=1)
    cache.put("own", "p", response(), "c/a.md")
    cache.put("shared", "p", response(), "c/a.md")
    assert cache.get("shared", "c/b.md") is not None
    assert (cache.forget("c/a.md"), cache.used_by("c/a.md")) == (1, 0)
    assert (cache.get("own"), cache.get("shared") is not None) == (None, True)
    assert cache.forget("c/b.md") == 1
    assert cache.count() == 0


def test_hosts_share_the_slots_of_a_minute(engine: Engine) -> None:
    hosts = [RateLimiter(SharedSlots(engine), requests=10, tokens=None, clock=lambda: 1000.0) for _ in range(3)]
    found: list[float] = []

    def reserve(host: RateLimiter) -> None:
        found.extend([host.reserve("m", 1)[1] for _ in range(10)])

    threads = [threading.Thread(target=reserve, args=(host,)) for host in hosts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [1000.0] * 10 + [1060.0] * 10 + [1120.0] * 10


def test_unused_tokens_are_returned_and_a_block_holds_for_all_hosts(engine: Engine) -> None:
    one, other = (RateLimiter(SharedSlots(engine), requests=None, tokens=1000, clock=lambda: 0.0) for _ in range(2))
    slot, _ = one.reserve("m", 900)
    one.correct(slot, 100)
    assert other.reserve("m", 900)[1] == 0
    one.block("n", 30)
    one.block("n", 20)
    assert other.reserve("n", 1)[1] == 30
    assert other.reserve("k", 1)[1] == 0


@pytest.mark.integration
def test_two_homes_with_one_postgres_share_and_two_without_do_not(tmp_path: Path, postgres_database: str) -> None:
    def homes(url: str | None) -> list[Settings]:
        return [
            Settings(home=tmp_path / name, database_url=url, llm_requests_per_minute=1)  # type: ignore[arg-type]
            for name in ("a", "b")
        ]

    for url, is_shared in ((postgres_database, True), (None, False)):
        a, b = homes(url)
        response_cache_of(a).put("key", "p", response())
        assert (response_cache_of(b).get("key") is not None) is is_shared
        first, second = (rate_limiter_of(settings).reserve("m", 1)[1] for settings in (a, b))
        assert (second - first >= 59) is is_shared
