"""The help: every topic answers, every example compiles, and no option is listed twice."""

import ast
import re
import tomllib

import pytest
from IPython.utils.capture import capture_output

from synthohive_jupyter.dsl.columns import WORDS
from synthohive_jupyter.dsl.compiler import compile_cell
from synthohive_jupyter.dsl.tables import PROPERTIES
from synthohive_jupyter.errors import CommandError
from synthohive_jupyter.notebook.arguments import read_options, split
from synthohive_jupyter.notebook.help.page import HelpPage, page_of
from synthohive_jupyter.notebook.help.topics import ALIASES, TOPICS, read_page, topic_of
from synthohive_jupyter.notebook.help.usage import EXAMPLE, usage
from synthohive_jupyter.notebook.magics import SynthoHiveMagics
from synthohive_jupyter.notebook.options import MODELS, NOTATIONS, OPTIONS, VERBS, options_of
from synthohive_jupyter.privacy.config import ACTIONS
from synthohive_jupyter.schema.tables import LINKAGE_METHODS
from tests.shells import loaded_shell

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def shell():
    with loaded_shell() as ip:
        yield ip


def shown(shell, text):
    with capture_output(display=False) as captured:
        shell.run_cell(text)
    return re.sub(r"^Out\[\d+\]: \n?", "", captured.stdout)


def examples(markdown):
    return FENCE.findall(markdown)


def compile_example(language, text):
    """Fail where an example is not what the language, the options or Python take."""
    first, _, body = text.partition("\n")
    if language == "python":
        ast.parse(text)
    elif language == "toml":
        section = tomllib.loads(text)["tool"]["synthohive"]
        assert set(section) <= set(SynthoHiveMagics.class_own_traits(config=True))
    elif match := re.match(r"(?:\w+ = )?%%?synthohive\b(.*)", first):
        read_options(SynthoHiveMagics.synthohive.parser, split(match[1]))
        if body.strip():
            compile_cell(body)
    elif match := re.match(r"%config SynthoHiveMagics\.(\w+) = ", first):
        assert match[1] in SynthoHiveMagics.class_own_traits(config=True)
    else:
        compile_cell(text)


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_has_a_short_page_with_an_example_that_is_right(topic):
    page = page_of(topic)
    written = read_page(topic)
    assert written.startswith("# ")
    assert len(written.splitlines()) <= 30
    found = examples(page.markdown)
    assert found
    for language, text in found:
        compile_example(language, text)


@pytest.mark.parametrize("word", PROPERTIES)
def test_the_example_of_a_property_has_it(word):
    (example, *_) = examples(read_page(f"@{word}"))
    assert f"@{word}" in example[1]


@pytest.mark.parametrize("verb", VERBS)
def test_the_page_of_a_verb_lists_its_options_and_no_others(verb, shell):
    markdown = page_of(verb).markdown
    listed = set(re.findall(r"^- `(?:-\w, )?(--[\w-]+)", markdown, re.MULTILINE))
    assert listed == {option.spellings[-1] for option in options_of(verb)}
    assert shown(shell, f"%%synthohive {verb} --help\nx: id") == f"{page_of(verb)!r}\n"


def test_there_is_no_page_without_a_topic():
    from importlib import resources

    folder = resources.files("synthohive_jupyter.notebook.help") / "pages"
    written = {
        ("@" if part.name == "properties" else "") + page.name.removesuffix(".md")
        for part in folder.iterdir()
        for page in part.iterdir()
    }
    assert written == set(TOPICS)


@pytest.mark.parametrize(
    "word",
    [*WORDS, *PROPERTIES, *MODELS, *NOTATIONS, *ACTIONS, *VERBS, *(o.spellings[-1] for o in OPTIONS), "resume", "privacy"],
)  # fmt: skip
def test_every_word_of_the_language_leads_somewhere(word):
    assert topic_of(word) in TOPICS


def test_aliases_lead_to_topics():
    assert set(ALIASES.values()) <= set(TOPICS)


@pytest.mark.parametrize("method", LINKAGE_METHODS)
def test_what_the_pages_say_of_methods_models_and_actions_is_complete(method):
    assert f"`{method}`" in read_page("@linkage")
    assert all(f"`{model}`" in read_page("models") for model in MODELS)
    assert all(f"pii({action})" in read_page("pii") for action in ACTIONS if action != "custom")


def test_an_unknown_topic(shell):
    with pytest.raises(CommandError, match=r"no help about 'linkge' \(did you mean 'linkage'\?\)"):
        page_of("linkge")
    assert "(topics: fit, check" in shown(shell, "%synthohive help zzzzzz")


def test_the_first_page_names_every_verb_and_topic(shell):
    text = shown(shell, "%synthohive help")
    for name in (*VERBS, *TOPICS):
        assert name in text
    assert shown(shell, "%synthohive --help") == text


@pytest.mark.parametrize("topic", [None, *TOPICS])
def test_the_text_of_a_terminal_has_no_marks_of_markdown(topic):
    text = repr(page_of(topic))
    assert "`" not in text
    assert not re.search(r"^(#|- |\*)", text, re.MULTILINE)


def test_the_page_is_markdown_where_it_can_be_shown():
    bundle = page_of("@context")._repr_mimebundle_()
    assert bundle["text/markdown"].startswith("# @context")
    assert bundle["text/plain"].startswith("@context\n========\n")
    assert HelpPage("# a\n\n## b").__repr__() == "a\n=\n\nb\n-"


def test_the_question_mark_shows_usage_verbs_options_and_an_example(shell):
    text = shown(shell, "%synthohive?")
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    for part in (usage().splitlines()[2], *VERBS, *(o.spellings[-1] for o in OPTIONS)):
        assert part in text
    compile_example("", EXAMPLE)
    assert max(map(len, usage().splitlines())) <= 100
