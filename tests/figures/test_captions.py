"""Report captions name only what the config and the figures' params hold."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from docutils.core import publish_doctree
from jinja2 import Environment, StrictUndefined

ROOT = Path(__file__).resolve().parents[2]
CAPTIONS = sorted((ROOT / "workflow" / "report").glob("*.rst"))


SNAKEMAKE = {"trim_blocks": True, "lstrip_blocks": True}  # how its reports render captions


@pytest.mark.parametrize("models", [True, False], ids=["models", "recordings_alone"])
@pytest.mark.parametrize("path", CAPTIONS, ids=lambda path: path.stem)
def test_caption_renders(path, models):
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    if not models:
        config["assemblies"] |= {"train_animals": [], "held_out": []}
        config["assemblies"]["selection"]["reliability_min"] = None
    params = SimpleNamespace(source="in silico", epsilon_255=1.0, stimulus_set="hvm",
                             estimator="biased")
    template = Environment(undefined=StrictUndefined, **SNAKEMAKE).from_string(path.read_text())
    text = template.render(snakemake=SimpleNamespace(config=config, params=params))
    assert "{{" not in text
    publish_doctree(text, settings_overrides={"halt_level": 2, "report_level": 2})
    if "source" in path.read_text():
        assert " ".join(text.split()).endswith("Data: in silico.")
