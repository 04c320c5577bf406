"""What was named once is taken wherever it stands, over the whole thread, in any case and with any ending."""

from services.anonymiser.rules.common_words import forms, is_common
from services.anonymiser.rules.given_names import WORDS_TOO
from services.anonymiser.rules.spans import DIRECT, QUASI, Finds, Folded, Found

KINDS = frozenset({"PERSON", "NICKNAME", "HOME", "SCHOOL", "OTHER"})
_SHORTEST = 3


class Named:
    """Remembers, while one text is read, what has been named in it and before it."""

    def __init__(self) -> None:
        self._words: dict[str, str] = {}
        self._phrases: dict[tuple[str, ...], str] = {}

    def remember(self, text: str, label: str) -> None:
        if label not in KINDS:
            return
        parts = tuple(p for p in text.replace(".", " ").replace("'s", "").split() if p.strip("-'"))
        if len(parts) > 1:
            self._phrases[parts] = label
        if label in ("PERSON", "NICKNAME") or len(parts) == 1:
            for part in parts:
                if len(part) >= _SHORTEST and part.isascii() | part.isalpha():
                    self._words[part] = label

    def find(self, folded: Folded) -> Finds:
        words = folded.words
        for i, word in enumerate(words):
            for form in forms(word.base):
                label = self._words.get(form)
                if label and (
                    self._sure(form) or (word.capital and not word.opens and folded.minds_capitals)
                ):
                    yield Found(
                        word.start,
                        word.base_end,
                        label,
                        QUASI if label == "OTHER" else DIRECT,
                        "named elsewhere",
                    )
                    break
            for size in (2, 3, 4):
                phrase = tuple(w.base for w in words[i : i + size])
                if len(phrase) == size and phrase in self._phrases:
                    label = self._phrases[phrase]
                    yield Found(
                        word.start,
                        words[i + size - 1].base_end,
                        label,
                        QUASI if label == "OTHER" else DIRECT,
                        "named elsewhere",
                    )

    @staticmethod
    def _sure(form: str) -> bool:
        return form not in WORDS_TOO and not is_common(form)
