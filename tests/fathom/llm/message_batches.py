"""The message batches of a language model's server on loopback: made, looked at, listed, and read when they have ended."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any


class MessageBatches:
    """Batches end when they have been looked at `looks` times; `result_of` may give another result than an answer."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.looks = 1
        self.made: dict[str, dict[str, Any]] = {}
        self.result_of: dict[str, dict[str, Any]] = {}
        self.troubles: list[tuple[int, str, str]] = []  # status, kind and words of what fails next, before anything is done
        self.after_making: list[tuple[int, str, str]] = []  # such troubles, once a batch is made
        self.lose_next = False  # the next batch is made and nobody is told

    @property
    def questions(self) -> list[str]:
        """What was asked in any batch, in order."""
        return [one["params"]["messages"][0]["content"] for batch in self.made.values() for one in batch["requests"]]

    def create(self, handler: Any, body: dict[str, Any]) -> None:
        """Answers POST /v1/messages/batches."""
        if self._in_trouble(handler):
            return
        name = f"msgbatch_{len(self.made) + 1}"
        self.made[name] = {"requests": body["requests"], "looks": 0, "at": datetime.now(UTC)}
        self.troubles, self.after_making = self.after_making, []
        if self.lose_next:
            self.lose_next = False
            handler.close_connection = True
            handler.connection.close()
            return
        handler.write(200, self._shown(name), {})

    def get(self, handler: Any, path: str) -> None:
        """Answers GET of the list, of one batch and of its results."""
        if self._in_trouble(handler):
            return
        parts = path.partition("?")[0].split("/")[4:]
        if not parts:
            newest = [self._shown(name) for name in reversed(self.made)]
            handler.write(200, {"data": newest, "has_more": False, "first_id": None, "last_id": None}, {})
        elif len(parts) == 1:
            self.made[parts[0]]["looks"] += 1
            handler.write(200, self._shown(parts[0]), {})
        else:
            lines = [json.dumps(self._result(one)) for one in reversed(self.made[parts[0]]["requests"])]
            data = "\n".join(lines).encode()
            handler.send_response(200)
            handler.send_header("content-type", "application/x-jsonl")
            handler.send_header("content-length", str(len(data)))
            handler.end_headers()
            handler.wfile.write(data)

    def _in_trouble(self, handler: Any) -> bool:
        if not self.troubles:
            return False
        status, kind, message = self.troubles.pop(0)
        handler.write(status, {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}, {})
        return True

    def _shown(self, name: str) -> dict[str, Any]:
        batch = self.made[name]
        ended, size = batch["looks"] >= self.looks, len(batch["requests"])
        counts = {
            "processing": 0 if ended else size,
            "succeeded": size if ended else 0,
            "errored": 0,
            "canceled": 0,
            "expired": 0,
        }
        at = batch["at"].isoformat()
        return {
            "id": name,
            "type": "message_batch",
            "processing_status": "ended" if ended else "in_progress",
            "request_counts": counts,
            "created_at": at,
            "expires_at": (batch["at"] + timedelta(days=1)).isoformat(),
            "ended_at": at if ended else None,
            "results_url": f"{self._server.url}/v1/messages/batches/{name}/results" if ended else None,
        }

    def _result(self, one: dict[str, Any]) -> dict[str, Any]:
        text = one["params"]["messages"][0]["content"]
        other = next((result for word, result in self.result_of.items() if word in text), None)
        refused = self._server.refuses(one["params"])
        if refused is not None:
            error = {"type": "error", "error": {"type": "invalid_request_error", "message": refused}, "request_id": "req_1"}
            other = {"type": "errored", "error": error}
        message = self._server.message(one["params"], "well", self._server.answering(text))
        return {"custom_id": one["custom_id"], "result": other or {"type": "succeeded", "message": message}}
