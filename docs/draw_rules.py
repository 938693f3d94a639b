"""Write docs/rules.md: which rule needs which in the default world, as Snakemake sees it.

Run it after a change of rules: .venv/bin/python docs/draw_rules.py
"""

import re
import subprocess
import sys
from pathlib import Path

import networkx

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "rules.md"
HEAD = """\
# The rules, and what needs what

Written by `docs/draw_rules.py` from `snakemake --rulegraph`, for the default world. An arrow leads
to a rule that reads what another made, and is left out where a longer way says so. Rules of one
loop (`score_models_0`, `score_models_1`; the panels of a figure) stand under one name. Dashed rules
have no job in that world: they read sessions, images, responses, choices and weights from files, or
run on request (`export_nwb`, `pack_bundle`).
"""


def rule_graph(snakefile: str = "Snakefile") -> networkx.DiGraph:
    """Ask Snakemake for the rules of the default world; an edge leads to the rule that reads.

    Parameters
    ----------
    snakefile : str
        Path from the project's root.

    Returns
    -------
    networkx.DiGraph
        Names of rules, those of a loop folded to one; less what a longer way says.
    """
    command = [Path(sys.executable).with_name("snakemake"), "--snakefile", snakefile, "--forceall",
               "--rulegraph", "mermaid-js", "--quiet"]
    text = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = {key: folded(name) for key, name in re.findall(r"^\t(id\d+)\[(\w+)\]$", text, re.M)}
    graph = networkx.DiGraph()
    graph.add_nodes_from(names.values())
    graph.add_edges_from((names[start], names[end])
                         for start, end in re.findall(r"^\t(id\d+) --> (id\d+)$", text, re.M))
    graph.remove_node("all")
    chained = list(networkx.selfloop_edges(graph))  # segments of a training run
    graph.remove_edges_from(chained)
    graph = networkx.transitive_reduction(graph)
    graph.add_edges_from(chained)
    return graph


def folded(rule: str) -> str:
    """Name that the rules of one loop share: groups of models, panels of a figure."""
    return re.sub(r"(?<=_models|oattack)_\d+$|(?<=plot_figure_[2-5])[a-d]$", "", rule)


def rules_by_file() -> dict[str, list[str]]:
    """Rules that have jobs, by the file of workflow/rules that holds them, in its order."""
    main = (ROOT / "Snakefile").read_text()
    files = re.findall(r'include: "workflow/rules/(\w+)\.smk"', main)
    found = {}
    for file in files:
        text = (ROOT / f"workflow/rules/{file}.smk").read_text()
        scripts = re.findall(r'"\.\./scripts/\w+/(\w+)\.py"', text)
        if scripts:
            found[file] = scripts
    return found


def page(graph: networkx.DiGraph) -> str:
    """Give the text of docs/rules.md."""
    files = rules_by_file()
    lines = [HEAD, "```mermaid", "flowchart LR"]
    for file, rules in files.items():
        lines += [f"  subgraph {file}", *(f"    {rule}" for rule in rules), "  end"]
    lines += [f"  {start} --> {end}" for start, end in sorted(arrows(graph, files["figures"]))]
    others = [rule for rules in files.values() for rule in rules if rule not in graph]
    lines += ["  classDef other stroke-dasharray: 5 5", f"  class {','.join(others)} other", "```"]
    return "\n".join(lines) + "\n"


def arrows(graph: networkx.DiGraph, figures: list[str]) -> set[tuple[str, str]]:
    """Edges of the graph; where every figure leads, one edge leads from their frame."""
    shared = set.intersection(*(set(graph[rule]) for rule in figures))
    edges = {edge for edge in graph.edges if edge[1] not in shared or edge[0] not in figures}
    return edges | {("figures", rule) for rule in shared}


if __name__ == "__main__":
    PAGE.write_text(page(rule_graph()), encoding="utf-8")
