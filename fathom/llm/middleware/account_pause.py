"""Circuit breaker for a provider account: pauses all requests of the host while the account is refused, and probes it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sqlalchemy.engine import Engine

from fathom.errors import AccountRefused
from fathom.llm.client import LLMClient, LLMRequest, LLMResponse, billed_document
from fathom.observability.structured_logging import emit
from fathom.uploads.provider_accounts import AccountPause, account_pause, account_works, pause_account, take_probe

PROBE_TIMEOUT_S = 300.0  # a probe that takes longer is taken for dead, and another is allowed


class AccountGate:
    """Sends requests unless the account is paused; a refusal of the account pauses it for all processes of the host.

    A request that is billed to no document comes from a person, so the first of a process is sent at once. The first request to
    a server for which `is_met` is False is sent alone, so that a bad account is refused once.
    """

    def __init__(
        self,
        inner: LLMClient,
        engine: Engine,
        account: str,
        *,
        is_met: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.model = inner.model
        self._inner = inner
        self._engine = engine
        self._account = account
        self._is_met = is_met
        self._clock = clock
        self._probing = threading.Lock()
        self._has_probed = False

    def complete(self, request: LLMRequest) -> LLMResponse:
        """Returns the inner client's response. Raises AccountRefused without a request while the account is paused."""
        if account_pause(self._engine, self._account) is None and self._is_met():
            return self._ask(request)
        with self._probing:  # others wait for the result of the probe
            pause = account_pause(self._engine, self._account)
            if pause is not None:
                return self._probe(pause, request)
            if not self._is_met():
                return self._ask(request)
        return self._ask(request)

    def _probe(self, pause: AccountPause, request: LLMRequest) -> LLMResponse:
        now = self._clock()
        by_hand = billed_document() is None and not self._has_probed
        if not (by_hand or pause.probe_at <= now) or not take_probe(self._engine, pause, now, PROBE_TIMEOUT_S):
            raise pause.as_error(billed_document())
        self._has_probed = True
        response = self._ask(request, probed=True)
        emit("llm.resumed", "The account at the provider works again", model=self.model)
        return response

    def _ask(self, request: LLMRequest, *, probed: bool = False) -> LLMResponse:
        try:
            response = self._inner.complete(request)
        except AccountRefused as error:
            error.account = self._account
            error.document = billed_document()
            pause_account(self._engine, self._account, error, self._clock(), probed=probed)
            emit("llm.paused", "The account at the provider is paused", document=billed_document(), reason=error.name)
            raise
        if probed:
            account_works(self._engine, self._account)
        return response
