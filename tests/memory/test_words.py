from loomlab.memory.words import keywords, words


def test_words_fold_case_and_width_and_drop_punctuation() -> None:
    assert words("The Café, ＡＢＣ-12!") == ["the", "café", "abc", "12"]


def test_characters_of_scripts_without_blanks_are_words() -> None:
    assert words("緑茶 tea") == ["緑", "茶", "tea"]


def test_keywords_leave_out_what_is_too_common_or_too_short() -> None:
    assert keywords("What is the price of a green 茶?") == {"price", "green", "茶"}
