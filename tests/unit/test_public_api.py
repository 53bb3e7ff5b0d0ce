"""The public names, and that importing the package costs nothing."""

import subprocess
import sys

import pytest

import synthohive_jupyter

PUBLIC = {
    "ARGN", "CTGAN", "ConditionalGenerativeModel", "ContextualFaker", "LinkageModel", "Metadata",
    "PIISanitizer", "PiiRule", "PrivacyConfig", "RelationalSampler", "SchemaError", "SchemaGraph",
    "SparkIO", "StagedOrchestrator", "Synthesizer", "SynthoHiveError", "TableConfig",
    "TreeSynth",
    "__version__", "load_ipython_extension", "unload_ipython_extension",
}  # fmt: skip


def test_the_public_names_are_exactly_these():
    assert set(synthohive_jupyter.__all__) == PUBLIC


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_can_be_had(name):
    assert getattr(synthohive_jupyter, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        synthohive_jupyter.nothing  # noqa: B018


def test_importing_loads_neither_torch_nor_spark_nor_pandas():
    code = (
        "import sys, synthohive_jupyter;"
        "heavy = {'torch', 'pyspark', 'pysail', 'pandas', 'numpy', 'matplotlib', 'anywidget'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
