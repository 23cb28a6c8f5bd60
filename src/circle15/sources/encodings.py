"""From bytes to text, for Chinese files: an encoding is declared or found; in doubt it is asked for, never guessed."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import NamedTuple

from circle15.checklist.matcher import plain
from circle15.errors import DataError

__all__ = ["Decoded", "check_text", "decoded"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHINESE = ("gb18030", "big5")  # GB18030 holds GBK and GB2312
_SURE = 0.9  # a reading's share of everyday characters
_COMMON_SHARE = 0.15  # the most common characters make up this much of any Chinese text
_COMMON = frozenset(  # those of Chinese in general, then those of places and tables; compared in simplified form
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去"
    "法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正"
    "名称编号地址经纬度类别型种小中路街区县市镇村乡社居委服务站店场所院校园室馆厅房楼号东南西北门光河新城建筑面积容量床位营业时间开放电话"
    "药卫生医农贸菜超便利银邮政警调解党群文化体育广停车厕垃圾图书养老日照料餐饮饭理洗衣信家政幼儿童公园绿权重户口数备注序"
)
_SAMPLE_BYTES = 65_536  # that the readings are compared on

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_RUN = re.compile(r"[^\x00-\x7f]{2,}")
# what single-byte readings make of Chinese: no letter of the alphabet beside it
_LATIN_RUN = re.compile("(?<![A-Za-z])[\x80-\xff€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]{4,}(?![A-Za-z])")
_USUAL = re.compile(
    "[\u00b0\u00b1\u00b2\u00b3\u00b7\u00d7\u2010-\u2026\u2032\u2033\u3000-\u3017\uff01-\uff5e\u33a1①-⑩]"
)


class Decoded(NamedTuple):
    """A text, the encoding that it was read in, and whether that was found (not declared, nor plain UTF-8)."""

    text: str
    encoding: str
    found: bool


def decoded(content: bytes, *, name: str, declared: str | None = None) -> Decoded:
    """The text that some bytes hold.

    Parameters
    ----------
    name : what messages call the bytes.
    declared : the encoding that the user gave; it is checked against what the bytes look like.

    Raises
    ------
    DataError
        when the declared encoding is unknown, doesn't fit or yields unreadable text; and with a sample of both
        readings, when more than one fits.

    >>> decoded("名称,类别,光河药店".encode("gbk"), name="a.csv")
    Decoded(text='名称,类别,光河药店', encoding='gb18030', found=True)
    """
    if declared is not None:
        return Decoded(_as_declared(content, declared, name), declared, False)
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return Decoded(_strict(content, encoding, name, "its byte order mark"), encoding, encoding != "utf-8-sig")
    wide = _wide(content)
    try:
        if wide is None or content.count(0) < len(content) / 10:
            text = content.decode("utf-8")
            readings = {"utf-8": text} | (_readings(content) if _short_of_hanzi(text) else {})
            if any(_share(reading, one) >= _SURE for one, reading in readings.items() if one != "utf-8"):
                raise _doubt(name, readings)
            return Decoded(text, "utf-8", False)
        start = 0
    except UnicodeDecodeError as error:
        start = error.start
    if wide is not None:
        return Decoded(_strict(content, wide, name, "the look of its bytes"), wide, True)
    readings = _readings(content)
    if not readings:
        line = content.count(b"\n", 0, start) + 1
        raise DataError(
            f"{name}: line {line} isn't UTF-8 text, and the file isn't GB18030 (GBK) or Big5 text either; "
            'say what it is, as in encoding = "cp1252", or save it as CSV UTF-8'
        )
    best = _clear(readings)
    if best is None:
        raise _doubt(name, readings)
    return Decoded(readings[best] if len(content) <= _SAMPLE_BYTES else content.decode(best), best, True)


def check_text(text: str, *, name: str) -> None:
    """Refuse text that was once read in a wrong encoding, or lost characters on the way.

    Raises
    ------
    DataError
        naming the line and how to get at the original.
    """
    if text.isascii():
        return
    mend = "export it again from where it came, as UTF-8"
    for lost in ("\ufffd", "锟斤拷"):
        at = text.find(lost)
        if at >= 0:
            raise DataError(f"{name}: line {_line(text, at)} holds {lost!r}, the mark of lost characters; {mend}")
    for pattern, wrong, right in (
        (_RUN, "gb18030", "utf-8"), (_LATIN_RUN, "cp1252", "utf-8"), (_LATIN_RUN, "latin-1", "utf-8"),
        (_LATIN_RUN, "latin-1", "gb18030"), (_LATIN_RUN, "cp1252", "gb18030"),
    ):  # fmt: skip
        hits = [hit for hit, _ in zip(pattern.finditer(text), range(1000), strict=False)]
        back = [(hit, _reversed(hit.group(), wrong, right)) for hit in hits]
        mended = [(hit, original) for hit, original in back if original]
        long = [(hit, original) for hit, original in mended if len(hit.group()) >= 4]  # no chance makes such a one
        if long or 2 * len(mended) > len(hits):
            hit, original = (long or mended)[0]
            raise DataError(
                f"{name}: line {_line(text, hit.start())} reads {_sample(hit.group())}, which is {_sample(original)} "
                f"read in a wrong encoding; {mend}"
            )


def _doubt(name: str, readings: dict[str, str]) -> DataError:
    samples = " or ".join(f"{_sample(text)} ({encoding})" for encoding, text in readings.items())
    return DataError(
        f"{name}: its encoding is in doubt: it reads as {samples}; "
        f'write the right one, as in encoding = "{"gbk" if "gb18030" in readings else "big5"}", or save it as UTF-8'
    )


def _short_of_hanzi(text: str) -> bool:
    """Whether a UTF-8 text has letters of other alphabets only, as a few Chinese ones in another encoding seem to."""
    found = _NOT_ASCII.findall(text)
    return any(char > "\u024f" for char in found) and all(char < "\u0800" for char in found)


def _as_declared(content: bytes, declared: str, name: str) -> str:
    try:
        encoding = codecs.lookup(declared).name
        "".encode(encoding)  # codecs such as rot13 are none of text
    except LookupError:
        raise DataError(
            f"{name}: encoding '{declared}' is unknown; write utf-8, gbk, gb18030, big5 or utf-16"
        ) from None
    text = _strict(content, "utf-8-sig" if encoding == "utf-8" else encoding, name, f"encoding = '{declared}'")
    if encoding.startswith("utf") or text.isascii():
        return text
    try:
        plain = content.decode("utf-8")
    except UnicodeDecodeError:
        plain = ""
    others = {"utf-8": plain} if plain else {key: value for key, value in _readings(content).items() if key != encoding}
    own = _common_share(text[:_SAMPLE_BYTES])
    for other, reading in others.items():
        if other == "gb18030" and encoding in {"gbk", "gb2312"}:
            continue  # which it holds
        share = _common_share(reading[:_SAMPLE_BYTES])
        if share >= _COMMON_SHARE and share > 3 * own:
            raise DataError(
                f"{name}: declared as {declared} it reads {_sample(text)}, as {other} it reads {_sample(reading)}; "
                f'write encoding = "{other}" if that is right'
            )
    return text


def _strict(content: bytes, encoding: str, name: str, why: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeError as error:
        at = getattr(error, "start", 0)
        line = content.count(b"\n", 0, at) + 1
        raise DataError(
            f"{name}: line {line} isn't {encoding} text, as {why} says; "
            "say which encoding it is, leave the setting out, or save the file as UTF-8"
        ) from None


def _wide(content: bytes) -> str | None:
    """UTF-16 without a mark: every ASCII character has a zero byte on the same side."""
    head = content[: _SAMPLE_BYTES // 2 * 2]
    if len(content) % 2 or not head or b"\0" not in head:
        return None
    first, second = head[::2].count(0), head[1::2].count(0)
    if max(first, second) < len(head) / 40 or min(first, second) > max(first, second) / 20:
        return None
    return "utf-16-be" if first > second else "utf-16-le"


def _readings(content: bytes) -> dict[str, str]:
    """The Chinese encodings in which all the bytes make sense, each with the text of the first ones."""
    from charset_normalizer import from_bytes  # noqa: PLC0415 - only files that aren't UTF-8 need it

    head = content[:_SAMPLE_BYTES]
    if len(content) > _SAMPLE_BYTES:
        head = head[: head.rfind(b"\n") + 1] or content  # neither encoding has a character that ends in a newline
    likely = {match.encoding: str(match) for match in from_bytes(head, cp_isolation=list(_CHINESE), threshold=0.4)}
    fits = {}
    for encoding in _CHINESE:
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding in likely:
            fits[encoding] = likely[encoding]
    return fits


def _clear(readings: dict[str, str]) -> str | None:
    """The reading that is clearly Chinese, where the other isn't."""
    common = {encoding: _common_share(text) for encoding, text in readings.items()}
    best = max(common, key=lambda encoding: common[encoding])
    ahead = all(3 * share < common[best] for encoding, share in common.items() if encoding != best)
    everyday = _share(readings[best], best) >= _SURE
    return best if ahead and everyday and common[best] >= _COMMON_SHARE else None


def _common_share(text: str) -> float:
    """The share of the most common characters among those that aren't ASCII."""
    found = _NOT_ASCII.findall(plain("".join(_NOT_ASCII.findall(text))))
    return sum(char in _COMMON for char in found) / len(found) if found else 0.0


def _share(text: str, encoding: str) -> float:
    """The share of everyday characters among those that aren't ASCII."""
    found = _NOT_ASCII.findall(text)
    return sum(_everyday(char, encoding) for char in found) / len(found) if found else 1.0


@lru_cache(maxsize=20_000)
def _everyday(char: str, encoding: str) -> bool:
    """Whether the standards count a character among the frequent ones (GB 2312 and Big5 both sort them so)."""
    if _USUAL.match(char):
        return True
    lists = (("big5", 0xA4, 0xC6),) if encoding == "big5" else (("gb2312", 0xB0, 0xD7), ("big5", 0xA4, 0xC6))
    for standard, first, last in lists:
        code = char.encode(standard, "ignore")
        if len(code) == 2 and first <= code[0] <= last and "\u4e00" <= char <= "\u9fff":
            return True
    return False


def _reversed(text: str, wrong: str, right: str) -> str:
    """The Chinese that a wrongly decoded text was; empty if it wasn't."""
    try:
        original = text.encode(wrong).decode(right)
    except UnicodeError:
        return ""
    return original if original and _share(original, "gb18030") >= _SURE and len(original) < len(text) else ""


def _sample(text: str) -> str:
    hit = _NOT_ASCII.search(text)
    start = max(hit.start() - 2, 0) if hit else 0
    piece = " ".join(text[start : start + 14].split())
    return f"'{piece}'"


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
