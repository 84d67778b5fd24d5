"""What the script of the table editor says."""

from __future__ import annotations

from collections.abc import Mapping

from crm.core.i18n import Text, text

WORDS: Mapping[str, Text] = {
    "broken": text("This file cannot be shown as a table ({reason}). Correct its text here."),
}
