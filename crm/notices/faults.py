"""Why a robot or webhook took nothing, as a word that can be stored and a sentence for the person who named it."""

from __future__ import annotations

from collections.abc import Mapping

from crm.core.errors import RuleBroken
from crm.core.i18n import Text, text

INSIDE, UNKNOWN_HOST, REDIRECTED, REFUSED, SILENT, UNREACHABLE, UNTRUSTED, NOT_TAKEN, BAD_ADDRESS = (
    "inside", "unknown-host", "redirected", "refused", "silent", "unreachable", "untrusted", "not-taken", "bad-address",
)  # fmt: skip
SAYS: Mapping[str, Text] = {
    INSIDE: text("{detail} lies in this machine's own network, where nothing is sent. Give a public address."),
    UNKNOWN_HOST: text("There is no machine called {detail}. Check the address."),
    REDIRECTED: text(
        "It leads on to another address (answer {detail}), which is not followed. Give the final address."
    ),
    REFUSED: text("It answered {detail} instead of taking the message. Check address and key."),
    SILENT: text("It did not answer within {detail} seconds."),
    UNREACHABLE: text("{detail} cannot be reached."),
    UNTRUSTED: text("The certificate of {detail} is not valid, so nothing was sent."),
    NOT_TAKEN: text("It answered, but did not take the message: {detail}"),
    BAD_ADDRESS: text("This is not an address that something can be sent to: {detail}"),
}
# Trying these again cannot help: somebody has to change the address first.
FINAL = frozenset({INSIDE, REDIRECTED, BAD_ADDRESS})
LONGEST_DETAIL = 200


class RoadFault(RuleBroken):
    """The message did not arrive. `str()` is the word and its detail, as they are stored."""

    def __init__(self, code: str, detail: object = "") -> None:
        self.code = code
        self.detail = "".join(sign if sign.isprintable() else " " for sign in str(detail))[:LONGEST_DETAIL].strip()
        super().__init__(Text(SAYS[code].source, {"detail": self.detail}))

    @property
    def is_final(self) -> bool:
        """Can trying again not help?"""
        return self.code in FINAL

    def __str__(self) -> str:
        return f"{self.code} {self.detail}".strip()


def in_words(stored: str) -> Text:
    """A stored fault as a sentence."""
    code, _, detail = stored.partition(" ")
    if code not in SAYS:
        return text("Sending failed for a reason of our own; an administrator finds it in the log.")
    return Text(SAYS[code].source, {"detail": detail})
