"""What `mloc --help` and `mloc COMMAND --help` say."""

from __future__ import annotations

DESCRIPTION = "mloc compiles machine-learning pipelines: one typed program, run on this machine or compiled to Kubeflow, Airflow and Flyte."
EXAMPLES = """\
examples:
  mloc check pipelines/*.mlp                        find mistakes without running anything
  mloc run churn.mlp --set customers=data.csv       run the pipeline on this machine
  mloc compile churn.mlp --target kfp -o out/       write what Kubeflow runs
  mloc verify churn.mlp                             run it on every engine and compare
  mloc explain E0402                                say more about an error

exit codes:
  0  all is well
  1  the program has errors, its run failed, engines differ, or what is committed is stale
  2  wrong usage or configuration
  3  a bug in mloc
  4  the program is right, but the target cannot express it
"""
CHECK = """\
Finds mistakes in programs and in the Python functions behind their steps. Nothing is run or imported: neither your code nor an engine.

examples:
  mloc check churn.mlp
  mloc check pipelines/*.mlp --output-format concise
  mloc check churn.mlp --output-format sarif > mloc.sarif
  mloc check --fix churn.mlp                         mend what can be mended without a person
  mloc check --all-targets churn.mlp                 how each construct arrives on each target (docs/backends.md)
  mloc check --deny-warnings pipelines/*.mlp         for CI: warnings fail too
  mloc check --write-baseline known.json *.mlp       remember what is found, to hear only of what is new

Settings stand in `[tool.mloc]` of pyproject.toml; `# mloc: ignore[CODE] reason` suppresses a finding. docs/check.md says more.
The formats json (described by mloc/schemas/diagnostics.schema.json), sarif and github are for other programs.
"""
COMPILE = """\
Writes what an engine runs: its own files, your code behind the steps, and the runner. The same program gives the same bytes.

examples:
  mloc compile churn.mlp --target kfp                     write to build/churn/kfp/
  mloc compile churn.mlp --target airflow -o dags/churn   write to a folder
  mloc compile churn.mlp --target kfp -o out --check      for CI: exit 1 when out/ is stale
  mloc compile churn.mlp --target kfp -o out --diff       show what would change
  mloc compile churn.mlp --target ir                      the program as documented JSON

Files that mloc wrote there before and no longer writes are removed; nothing else is.
"""
RUN = """\
Runs a pipeline on this machine, or a bundle on an engine's own local mode, and reports what happened.

examples:
  mloc run churn.mlp --set rate=0.1 --set 'seeds=[1, 2, 3]' --set customers=data/customers.csv
  mloc run churn.mlp --params launch.json --report report.json
  mloc run churn.mlp --engine airflow                     (needs: pip install 'mloc[airflow]')

A value is read by the declared type of its parameter: numbers, texts, dates and enum members as they are, files and tables as paths,
everything else, and null, as JSON. --params is a JSON object of name: value; --set wins over it.
"""
VERIFY = """\
Runs a pipeline natively and on every engine that is installed, and compares the reports: statuses, values, attempts, order, errors.

examples:
  mloc verify churn.mlp --set customers=data/customers.csv
  mloc verify churn.mlp --engines kfp,flyte
  mloc verify churn.mlp --output-format json > verdict.json     (described by mloc/schemas/verify.schema.json)

A target that cannot express the program is shown as refused, and one that is not installed is named; neither is a difference.
Each engine's reports and logs are in DIR/verify/ENGINE. docs/backends.md lists what local modes are known to do differently.

exit codes:
  0  every engine that ran agrees
  1  an engine differs, or the program has errors
  2  wrong usage, an engine of --engines that cannot be used, or none that could be compared
  4  every target refuses the program
"""
GRAPH = """\
Draws the steps of a pipeline, with its branches and fan-outs as boxes.

examples:
  mloc graph churn.mlp > churn.mmd
  mloc graph churn.mlp --format svg -o churn.svg
"""
FORMAT = """\
Rewrites programs in the one layout. Only white space, line ends and commas after a last item change; comments and strings stay as they are.

examples:
  mloc fmt pipelines/*.mlp
  mloc fmt --check pipelines/*.mlp     for CI: exit 1 when a file would change
  mloc fmt --diff churn.mlp            show what would change
  mloc fmt - < churn.mlp               write the result to standard output

A list in brackets that has a comma after its last item keeps one item a line; without one it is joined when it fits in 100 columns.
A file with syntax errors is not touched.
"""
STUB = """\
Prints the step that an annotated Python function fits, with the records and enums it needs. The function is read, not imported.

examples:
  mloc stub trips.train:train >> trips.mlp
  mloc stub trips.train:train --name fit
"""
SCHEMA = """\
Prints the `Table` type of a file: names, narrowest types, and `?` where a cell is empty.

examples:
  mloc schema infer data/customers.csv
  mloc schema infer data/customers.csv --name Customer --rows 10000
  mloc schema infer data/flights.csv --null NA
  mloc schema infer data/trips.parquet          (needs pyarrow)
"""
BLAME = """\
Says which line of the program a task on an engine comes from. The bundle alone is read; the program need not be there.

examples:
  mloc blame build/churn/kfp trials-fitted             a task, a component or an executor of the PipelineSpec
  mloc blame dags/churn.py 'trials[3]'                 an Airflow task; also from a log's path: task_id=trials/map_index=3
  mloc blame build/churn/flyte f6x2k9-n10-0-dn3-0-n1   a Flyte task, a node, or a node's pod

exit codes: 0 found; 1 the bundle has no such task; 2 BUNDLE is no bundle of mloc's
"""
EXPLAIN = """\
Says more about an error: what it means, why it matters, a wrong and a right example. Without a code it lists all of them.

examples:
  mloc explain E0402
  mloc explain column-missing
"""
