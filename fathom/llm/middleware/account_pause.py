"""Stops all questions of this host while the account at the provider lets none be answered, and tries it now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sqlalchemy.engine import Engine

from fathom.errors import AccountRefused
from fathom.llm.client import Answer, Asker, Question, paying_document
from fathom.observability.structured_logging import emit
from fathom.uploads.provider_accounts import AccountPause, account_pause, account_works, pause_account, take_probe

HELD_S = 300.0  # that a try of the account may take until another may be made


class AccountWatch:
    """Asks the layer below unless the account is paused; whoever finds it refused pauses it for everybody on this host.

    A question that no document waits for is asked by a person: the first of a process is asked at once. The first question to
    a server for which `is_met` is False is asked alone, so that a refused account is refused once.
    """

    def __init__(
        self,
        inner: Asker,
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

    def ask(self, question: Question) -> Answer:
        """The answer of the layer below. Raises AccountRefused, having asked nothing, while the account is paused."""
        if account_pause(self._engine, self._account) is None and self._is_met():
            return self._ask(question)
        with self._probing:  # others wait for what the try brings
            pause = account_pause(self._engine, self._account)
            if pause is not None:
                return self._probe(pause, question)
            if not self._is_met():
                return self._ask(question)
        return self._ask(question)

    def _probe(self, pause: AccountPause, question: Question) -> Answer:
        now = self._clock()
        by_hand = paying_document() is None and not self._has_probed
        if not (by_hand or pause.probe_at <= now) or not take_probe(self._engine, pause, now, HELD_S):
            raise pause.as_error(paying_document())
        self._has_probed = True
        answer = self._ask(question, probed=True)
        emit("llm.resumed", "The account at the provider works again", model=self.model)
        return answer

    def _ask(self, question: Question, *, probed: bool = False) -> Answer:
        try:
            answer = self._inner.ask(question)
        except AccountRefused as error:
            error.account = self._account
            error.document = paying_document()
            pause_account(self._engine, self._account, error, self._clock(), probed=probed)
            emit("llm.paused", "The account at the provider is paused", document=paying_document(), reason=error.name)
            raise
        if probed:
            account_works(self._engine, self._account)
        return answer
