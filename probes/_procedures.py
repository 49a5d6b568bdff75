"""Codes of administrative procedures, in each of their forms, and how two lists of them differ. Pure.

Seen: `1.001193` (national), `1.001229.000.00.00.H56` (of an agency, with its identifier in the order of QCVN 102) and
`2.002621.H56` (in that of QĐ 20/2020/QĐ-TTg). INFERRED: that the same number is the same procedure over all of them, and
that of the two forms which name an agency the longer is the old one.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

# For texts of pages, in RE2; there a longer code, such as that of a case of a procedure, is read up to its agency.
ANYWHERE: Final = r"\b\d\.\d{6}(?:\.000\.00\.00)?(?:\.[GH]\d{2})?\b"
_CODE = re.compile(r"([0-9]\.[0-9]{6})(\.000\.00\.00)?(?:\.([GH][0-9]{2}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """What a code says."""

    number: str  # 1.001193
    agency: str = ""  # whose own variant it is; empty: everybody's
    old: bool = False  # in the old form


@dataclass(frozen=True, slots=True, kw_only=True)
class National:
    """A procedure of the national database."""

    number: str
    withdrawn: bool = False
    agencies: frozenset[str] = frozenset()  # that carry it out; empty: all


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How an agency's list differs from the national one. Numbers of procedures, in order."""

    national: int  # in force, and the agency's to list
    listed: int  # procedures that the agency lists
    missing: tuple[str, ...]  # in force, and not listed
    withdrawn: tuple[str, ...]  # listed, and no longer in force
    unknown: tuple[str, ...]  # listed, and not in the national list at all
    old_codes: tuple[str, ...]  # listed with a code in the old form

    @property
    def ratio(self) -> float | None:
        """Of what is or should be listed, the part that is right, 0 to 1; none where nothing is to be listed."""
        concerned = self.national + len(self.withdrawn)
        return (self.national - len(self.missing)) / concerned if concerned else None


def procedure(code: str) -> Procedure | None:
    """None where it is no code."""
    match = _CODE.fullmatch(code.strip())
    if match is None:
        return None
    number, old, agency = match.groups()
    return Procedure(number=number, agency=agency or "", old=bool(old))


def key(code: str, agency: str) -> str:
    """The same for every form of one procedure at this agency; empty for no code, and for another agency's variant."""
    known = procedure(code)
    return known.number if known and known.agency in ("", agency) else ""


def difference(national: Mapping[str, National], codes: Iterable[str], agency: str) -> Difference:
    """Of the codes that the agency lists from the national list, by number."""
    codes = tuple(codes)
    listed = {number for code in codes if (number := key(code, agency))}
    due = {each.number for each in national.values() if not each.withdrawn and _of(each, agency)}
    old = {number for code in codes if (number := key(code, agency)) and (known := procedure(code)) and known.old}
    return Difference(
        national=len(due),
        listed=len(listed),
        missing=tuple(sorted(due - listed)),
        withdrawn=tuple(sorted(number for number in listed if number in national and national[number].withdrawn)),
        unknown=tuple(sorted(listed - national.keys())),
        old_codes=tuple(sorted(old)),
    )


def joined(one: National, other: National) -> National:
    """Two rows of the national list on one procedure: in force for whoever carries it out by any that is."""
    if one.withdrawn != other.withdrawn:
        return other if one.withdrawn else one
    agencies = one.agencies | other.agencies if one.agencies and other.agencies else frozenset[str]()
    return National(number=one.number, withdrawn=one.withdrawn, agencies=agencies)


def _of(each: National, agency: str) -> bool:
    return not each.agencies or agency in each.agencies
