"""Formats numbers by digit patterns (`#,##0.00`, `0.0E+0`, `# ?/?`, `000-00-0000`) and in the General format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from math import floor, isfinite

# Whole numbers up to here are shown in full in General: spreadsheets keep 15 digits of a number.
MAX_WHOLE = 10**15
MAX_DECIMALS = 30
MAX_DENOMINATOR = 99_999
_MIN_STEP = Decimal("1e-12")  # Decimal has 28 digits, of which 15 may stand before the point

FormatToken = tuple[str, str]


def general(value: float) -> str:
    """Returns the number in the General format: up to ten significant digits, whole numbers in full.

    Excel changes to 1.23457E+11 at twelve digits, where identifiers would lose theirs; they are kept, as LibreOffice does.
    """
    if not isfinite(value):
        return str(value)
    if value == int(value) and abs(value) < MAX_WHOLE:
        return str(int(value))
    size = abs(value)
    if 1e-4 <= size < 1e11:
        digits = f"{value:.{9 if size < 1 else max(0, 10 - len(str(int(size))))}f}"
        return digits.rstrip("0").rstrip(".") if "." in digits else digits
    if 1e-5 <= size < 1 and float(plain := f"{value:.9f}".rstrip("0")) == value:
        return plain
    mantissa, _, exponent = f"{value:.5E}".partition("E")
    return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}E{exponent}"


@dataclass(frozen=True, slots=True)
class PlainPattern:
    """A pattern such as `"$"#,##0.00` that Python's format can write."""

    before: str
    after: str
    zeros: int  # minimum digits of the whole number
    step: Decimal  # rounding step
    written: str

    @staticmethod
    def of(
        whole: Sequence[FormatToken], decimals: Sequence[FormatToken], *, grouped: bool, pointed: bool
    ) -> PlainPattern | None:
        """Returns the pattern, or None if it is more than a number with words around it."""
        digits = [index for index, (kind, _) in enumerate(whole) if kind == "digit"]
        placed = "".join(text for kind, text in whole if kind == "digit")
        places = sum(kind == "digit" for kind, _ in decimals)
        if not digits or digits[-1] - digits[0] + 1 != len(digits) or placed.lstrip("#").strip("0") or not placed.endswith("0"):
            return None
        if any(token != ("digit", "0") for token in decimals[:places]) or places > MAX_DECIMALS or pointed != bool(places):
            return None
        if (pointed and digits[-1] + 1 != len(whole)) or (grouped and placed.count("0") > 1):
            return None
        after = [*whole[digits[-1] + 1 :], *decimals[places:]]
        before = "".join(text for _, text in whole[: digits[0]])
        step = Decimal(1).scaleb(-places)
        return PlainPattern(before, "".join(text for _, text in after), placed.count("0"), step, ",f" if grouped else "f")

    def show(self, number: Decimal) -> str:
        """Formats a non-negative number."""
        digits = format(number.quantize(self.step, ROUND_HALF_UP), self.written)
        if self.zeros > 1:
            digits = digits.zfill(self.zeros + (len(digits) - digits.index(".") if "." in digits else 0))
        return self.before + digits + self.after


@dataclass(frozen=True, slots=True)
class DigitPattern:
    """The digit placeholders of a section and the literals among them."""

    whole: tuple[FormatToken, ...]
    decimals: tuple[FormatToken, ...]
    exponent: tuple[FormatToken, ...] = ()  # after the E
    exponent_sign: str = ""
    fraction: tuple[FormatToken, ...] | None = None  # tokens from the numerator on
    grouped: bool = False
    power: int = 0  # the value is multiplied by 10**power
    pointed: bool = False
    plain: PlainPattern | None = None  # the same pattern, if no literal is among its digits

    @staticmethod
    def of(tokens: Sequence[FormatToken]) -> DigitPattern:
        """Reads the pattern from a section's tokens."""
        tokens = list(tokens)
        power = 2 * sum(kind == "percent" for kind, _ in tokens)
        tokens = [("literal", "%") if kind == "percent" else (kind, text) for kind, text in tokens]
        slash = next((index for index, (kind, _) in enumerate(tokens) if kind == "slash"), None)
        if slash is not None and (fraction := _fraction(tokens, slash)) is not None:
            return DigitPattern(*fraction, power=power)
        tokens = [("literal", text) if kind == "slash" else (kind, text) for kind, text in tokens]
        at = next((index for index, (kind, _) in enumerate(tokens) if kind == "exponent"), len(tokens))
        digits = [index for index in range(at) if tokens[index][0] == "digit"]
        if not digits:  # `E+00` with nothing before it
            at, digits = len(tokens), [index for index, (kind, _) in enumerate(tokens) if kind == "digit"]
        point = next((index for index in range(at) if tokens[index][0] == "point"), None)
        last_whole = max((index for index in digits if point is None or index < point), default=-1)
        commas = [index for index in range(at) if tokens[index][0] == "comma"]
        grouped = any(digits[0] < index < last_whole for index in commas)
        # commas behind the last digit divide by a thousand each
        scaling = [index for index in commas if _scales(tokens, index, digits, point)]
        literal_commas = {index for index in commas if index not in scaling and (index > digits[-1] or index < digits[0])}
        kept = [
            ("literal", ",")
            if index in literal_commas
            else ("literal", text)
            if kind == "exponent" and at == len(tokens)
            else (kind, text)
            for index, (kind, text) in enumerate(tokens)
        ]
        whole = [token for token in kept[: at if point is None else point] if token[0] != "comma"]
        decimals = [
            ("literal", token[1]) if token[0] == "point" else token
            for token in (kept[point + 1 : at] if point is not None else [])
            if token[0] != "comma"
        ]
        exponent = [("literal", t[1]) if t[0] in ("point", "comma", "exponent") else t for t in kept[at + 1 :]]
        return DigitPattern(
            tuple(whole), tuple(decimals), tuple(exponent), tokens[at][1] if at < len(tokens) else "",
            grouped=grouped, power=power - 3 * len(scaling), pointed=point is not None,
            plain=None if exponent or at < len(tokens)
            else PlainPattern.of(whole, decimals, grouped=grouped, pointed=point is not None),
        )  # fmt: skip

    def show(self, value: float) -> str:
        """Returns the number without its sign."""
        try:
            number = abs(Decimal(repr(value)))
            if self.power:
                number = number.scaleb(self.power)
        except InvalidOperation:
            return str(value)
        if not number.is_finite():
            return str(abs(value))
        if self.plain is not None and number < MAX_WHOLE and self.plain.step > _MIN_STEP:
            return self.plain.show(number)
        if self.fraction is not None:
            return self._as_fraction(number)
        if self.exponent_sign:
            return self._scientific(number)
        return self._fixed(number)

    def _fixed(self, number: Decimal) -> str:
        places = min(sum(kind == "digit" for kind, _ in self.decimals), MAX_DECIMALS)
        if number.adjusted() + places > 300:
            return general(float(number))
        digits = (
            f"{number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}"
            if number.adjusted() + places < 27
            else f"{number:.{places}f}"
        )
        whole, _, decimals = digits.partition(".")
        shown = _fill(self.whole, "" if whole == "0" else whole, grouped=self.grouped)
        return shown + ("." if self.pointed else "") + _fill_decimals(self.decimals, decimals)

    def _scientific(self, number: Decimal) -> str:
        places = sum(kind == "digit" for kind, _ in self.decimals)
        step = max(1, sum(kind == "digit" for kind, _ in self.whole))
        power = 0
        if number:
            power = floor(number.adjusted() / step) * step
            mantissa = number.scaleb(-power).quantize(Decimal(1).scaleb(-min(places, 20)), ROUND_HALF_UP)
            if mantissa >= Decimal(10) ** step:
                power += step
                mantissa = number.scaleb(-power).quantize(Decimal(1).scaleb(-min(places, 20)), ROUND_HALF_UP)
        else:
            mantissa = Decimal(0).quantize(Decimal(1).scaleb(-min(places, 20)))
        whole, _, decimals = f"{mantissa:f}".partition(".")
        sign = "-" if power < 0 else self.exponent_sign[1:].replace("-", "")
        shown = _fill(self.whole, "" if whole == "0" and number else whole, grouped=False)
        shown += ("." if self.pointed else "") + _fill_decimals(self.decimals, decimals)
        return f"{shown}E{sign}{_fill(self.exponent, str(abs(power)), grouped=False)}"

    def _as_fraction(self, number: Decimal) -> str:
        tokens = self.fraction or ()
        slash = next(index for index, (kind, _) in enumerate(tokens) if kind == "slash")
        below = [token for token in tokens[slash + 1 :] if token[0] in ("digit", "denominator")]
        fixed = next((int(text) for kind, text in below if kind == "denominator"), None)
        has_whole = any(kind == "digit" for kind, _ in self.whole)
        whole, rest = (int(number), number % 1) if has_whole else (0, number)
        if fixed:
            above, under = int((rest * fixed).to_integral_value(ROUND_HALF_UP)), fixed
        else:
            most = min(10 ** len(below) - 1, MAX_DENOMINATOR)
            found = Fraction(rest).limit_denominator(most)
            above, under = found.numerator, found.denominator
        if has_whole and above == under:
            whole, above = whole + 1, 0
        before = "".join(text for kind, text in tokens[:slash] if kind == "literal")
        after = "".join(text for kind, text in tokens[slash + 1 :] if kind == "literal")
        shown = (
            _fill(self.whole, str(whole) if whole or (has_whole and not above) else "", grouped=False).rstrip()
            if has_whole
            else ""
        )
        if has_whole and not above:
            return shown + after
        part = f"{before}{above}/{under}{after}"
        return f"{shown} {part.lstrip()}" if shown else part.lstrip() if has_whole else part


def _scales(tokens: Sequence[FormatToken], comma: int, digits: Sequence[int], point: int | None) -> bool:
    """Returns whether a comma is directly behind the last digit before the point, or behind the last digit."""
    index = comma - 1
    while index >= 0 and tokens[index][0] == "comma":
        index -= 1
    if index < 0 or tokens[index][0] != "digit":
        return False
    return index == digits[-1] or (point is not None and index == max((i for i in digits if i < point), default=-1))


def _fraction(
    tokens: list[FormatToken], slash: int
) -> tuple[tuple[FormatToken, ...], tuple[FormatToken, ...], tuple[FormatToken, ...], str, tuple[FormatToken, ...]] | None:
    """Splits a pattern such as `# ??/16` into its whole number and its fraction; None if it is no fraction."""
    start = slash
    while start and tokens[start - 1][0] == "digit":
        start -= 1
    if start == slash:
        return None
    end = slash + 1
    below: list[FormatToken] = []
    number = ""
    while end < len(tokens) and (tokens[end][0] == "digit" or (tokens[end][0] == "literal" and tokens[end][1].isdigit())):
        number += tokens[end][1]
        below.append(tokens[end])
        end += 1
    if not below:
        return None
    if number.isdigit() and number.strip("0"):
        below = [("denominator", number[:6])]
    return tuple(tokens[:start]), (), (), "", (*tokens[start:slash], tokens[slash], *below, *tokens[end:])


def _fill(pattern: Sequence[FormatToken], digits: str, *, grouped: bool) -> str:
    """Puts the digits of a whole number into the placeholders, from the right; surplus digits go to the first placeholder."""
    places = [index for index, (kind, _) in enumerate(pattern) if kind == "digit"]
    shown: list[str] = []
    count, at = 0, len(digits)
    for index in range(len(pattern) - 1, -1, -1):
        kind, text = pattern[index]
        if kind != "digit":
            if kind == "literal":
                shown.append(text)
            continue
        first = index == places[0]
        while True:
            if at > 0:
                at -= 1
                put = digits[at]
            else:
                put = "0" if text == "0" else " " if text == "?" else ""
            if put:
                if grouped and count and count % 3 == 0 and put != " ":
                    shown.append(",")
                shown.append(put)
                count += 1
            if not first or at <= 0:
                break
    return ("" if places else digits) + "".join(reversed(shown))


def _fill_decimals(pattern: Sequence[FormatToken], digits: str) -> str:
    """Puts decimals into their placeholders; `#` shows no trailing zero."""
    significant = len(digits.rstrip("0"))
    shown, at = [], 0
    for kind, text in pattern:
        if kind != "digit":
            shown.append(text)
            continue
        digit = digits[at] if at < len(digits) else "0"
        shown.append(digit if text == "0" or at < significant else " " if text == "?" else "")
        at += 1
    return "".join(shown)
