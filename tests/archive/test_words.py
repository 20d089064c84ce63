"""What a search finds, decided by the words of a text alone."""

import re

import pytest
from hypothesis import given, strategies as st

from beeper_async import InvalidInputError
from beeper_async.archive.reading.words import index_form, parse_query, words_of

# Text, what finds it, what does not.
CASES: tuple[tuple[str, list[str], list[str]], ...] = (
    ("Dinner on Friday?", ["dinner", "FRIDAY", "on friday", '"dinner on"'], ["din", '"on dinner"']),
    (
        "Dinner on Friday?",
        ["din*", '"on fri"*', "fri* DIN*"],
        ['"dinner fri"*', "inner", '"dinner at fri"*'],
    ),
    ("don't do it", ["don't", "don t", "DON’T"], ["dont"]),
    ("file_name.tar.gz", ["file name", "tar", "file_name.tar.gz", "tar.gz"], ["filename"]),
    ("Crème brûlée, Ångström, Straße", ["creme", "BRULEE", "brûlée", "angstrom", "STRASSE"], []),
    ("creme", ["crème"], ["cremé brûlée"]),
    ("Ёлка и мой", ["елка", "ЁЛКА"], ["ел"]),
    ("ΑΘΗΝΑ Αθήνα", ["αθηνα"], []),
    ("İstanbul", ["istanbul"], []),
    ("我买了新手机", ["手机", "手", "新手机", '"买了"', "机", "我 手机"], ["机手", "电脑"]),
    ("iPhone手机壳 很好看", ["iphone", "iPhone手机", "手机壳", "iph* 好看", "壳"], ["phone手"]),
    ("東京へ行きました", ["東京", "行きました", "へ", "きま"], ["大阪", "京東"]),
    ("ﾊﾝｶｸ ｶﾀｶﾅ", ["ハンカク", "カタ"], ["カナタ"]),
    ("がぎぐ", ["が", "ぎぐ"], ["か"]),
    ("ไปซื้อมือถือกัน", ["มือถือ", "ซื้อ", "ไป", "ถือ"], ["ถอ", "มอถอ", "ม"]),
    ("학교에서 만나", ["학교", "학교에서", "만나"], ["교학"]),
    ("हिन्दी की किताब", ["हिन्दी", "की", "किता*"], ["का", "हन्द", "किता"]),
    ("مُحَمَّد في البيت", ["محمد", "البيت"], ["بيت"]),
    ("שָׁלוֹם", ["שלום"], ["לום"]),
    ("Happy birthday 🎉🎂 ❤️", ["🎉", "🎉🎂", "birthday 🎂", "❤", "❤️"], ["🎂🎉", "🎈"]),
    ("👍🏽 ok", ["👍", "👍🏽"], ["👎"]),
    ("ﬁne ① ２０２６", ["fine", "1", "2026"], []),
    ("soft\u00adhyphen zero\u200dwidth", ["softhyphen", "zerowidth"], ["hyphen"]),
    ("𐐷𐐲𐑌 𠮷野家", ["𠮷", "野家", "𠮷野家"], ["家野"]),
    ("a a b", ['"a b"', '"a a b"'], ['"b a"', '"a a a"']),
    ("NEAR AND OR NOT", ["near", "AND", "or", "NOT near"], ["xor"]),
    ("C++ or C#", ["c++", "C#", "c"], []),
)
# Nothing of this is a syntax of ours, and none may be one of SQLite's.
ODD = (
    *('"', '"unclosed phrase', 'a"b"c', "a AND", "NOT", "(", ")", "a)", "-a", "^a", "+ a", "a:b"),
    *("words:a", "search MATCH 'a'", "'; drop table messages; --", "{a b} : c", "NEAR(a b, 2)"),
    *("a*b", "**a", 'a"*', "a\x00b", "\ud800 a", "a OR b", "%a_", "a\\", "*a*", "a" * 1000),
)


@pytest.mark.parametrize(("text", "found", "missed"), CASES)
def test_what_finds_a_text(text: str, found: list[str], missed: list[str]) -> None:
    assert [words for words in found if not parse_query(words).matches(text)] == []
    assert [words for words in missed if parse_query(words).matches(text)] == []


@pytest.mark.parametrize("words", ["", "   ", '""', "!?", "*", '"*"', "\u202e", "---", "\ud800"])
def test_a_search_for_nothing_is_refused(words: str) -> None:
    with pytest.raises(InvalidInputError, match="letter, digit or symbol"):
        parse_query(words)


def test_a_search_for_too_much_is_refused_without_its_words() -> None:
    with pytest.raises(InvalidInputError, match="1,000 characters"):
        parse_query("secret" * 1000)
    with pytest.raises(InvalidInputError, match="50 words") as caught:
        parse_query(" ".join(f"secret{n}" for n in range(51)))
    assert "secret" not in str(caught.value)
    with pytest.raises(InvalidInputError, match="not bytes"):
        parse_query(b"a")  # type: ignore[arg-type]


@pytest.mark.parametrize("words", ODD)
def test_odd_input_is_words_at_most(words: str) -> None:
    try:
        expression = parse_query(words).expression()
    except InvalidInputError:
        return
    assert re.fullmatch(r'"[^"]+"( \*)?( AND "[^"]+"( \*)?)*', expression)
    assert not set(expression.replace(" AND ", "")) & set("()^:+-{}'\\%;\x00")


@given(st.text())
def test_every_text_is_found_by_its_own_words(text: str) -> None:
    words = words_of(text)
    if words and len(" ".join(words[:20])) <= 1000:
        assert parse_query('"' + " ".join(words[:20]) + '"').matches(text)
    assert '"' not in index_form(text) or text.isascii()
