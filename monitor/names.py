"""Names as people type them: with or without diacritics, composed or decomposed, spaced or not."""

import unicodedata

# Words that may stand before a name or be left out; folded, because they are joined to folded names.
_OPTIONAL = {"province": ("tinh", "thanhpho", "tp"), "ministry": ("bo", "ministryof", "ministryofthe")}


def fold(words: str) -> str:
    """The bare letters and digits of `words`: `TP. Hồ Chí Minh` and `tp ho chi minh` both give `tphochiminh`."""
    # Đ has no decomposition: it is a letter of its own, and typed d all the same.
    decomposed = unicodedata.normalize("NFKD", words).casefold().replace("đ", "d")
    # Casefolding can bring forth new marks (İ), hence marks are dropped last.
    return "".join(letter for letter in unicodedata.normalize("NFKD", decomposed) if letter.isalnum())


def spellings(name: str, level: str) -> frozenset[str]:
    """Every folded form under which an agency of `level` called `name` may be asked for."""
    base = fold(name)
    heads = _OPTIONAL.get(level, ())
    first = (head for head in heads if base.startswith(head) and _starts_with_word(name, head))
    bare = {base.removeprefix(head) for head in first} or {base}
    return frozenset({base} | bare | {head + rest for head in heads for rest in bare})


def _starts_with_word(name: str, head: str) -> bool:
    """Whether the first words of `name` make up `head`, so that Bộ is a word in `Bộ Y tế` and not in `Bố Trạch`."""
    words = name.split()
    return any(fold("".join(words[:count])) == head for count in range(1, len(words)))
