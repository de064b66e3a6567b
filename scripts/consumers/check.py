#!/usr/bin/env python3
"""Feeds what swyxtrace writes to the programs that it is written for, and counts what arrives.

    python3 scripts/consumers/check.py PROGRAM [SAMPLES]

DuckDB reads jsonl and csv, OpenTelemetry's protocol buffers read OTLP/JSON, Timesketch's importer reads its JSONL.
Needs the packages of requirements.txt beside this file; says SKIPPED without them, and fails then under CI_STRICT=1.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import duckdb
    from google.protobuf import json_format
    from opentelemetry.proto.logs.v1 import logs_pb2
except ImportError as error:
    print(f"SKIPPED: {error.name} is not installed (pip install -r scripts/consumers/requirements.txt)")
    sys.exit(1 if os.environ.get("CI_STRICT") == "1" else 0)

PROGRAM = sys.argv[1]
SAMPLES = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "samples")


def run(*args):
    done = subprocess.run([PROGRAM, *args], capture_output=True, check=False)
    assert done.returncode in (0, 1, 4), f"{args}: exit code {done.returncode}: {done.stderr.decode()}"
    return done.stdout


def timeline(case, kind, folder):
    path = folder / f"{kind}.out"
    path.write_bytes(run("timeline", str(case), "--format", kind, "--tz", "Europe/Berlin"))
    return path


def duck(query, path):
    return duckdb.sql(query.replace("$FILE", str(path).replace("'", "''"))).fetchall()


def check(case, folder):
    rows = timeline(case, "jsonl", folder).read_bytes().splitlines()
    count = len(rows)
    (from_jsonl,) = duck("SELECT count(*), count(DISTINCT source) FROM read_json('$FILE', format='newline_delimited')", timeline(case, "jsonl", folder))
    assert from_jsonl[0] == count, f"{case}: DuckDB read {from_jsonl[0]} of {count} records from jsonl"
    csv = timeline(case, "csv", folder)
    (from_csv,) = duck("SELECT count(*), count(DISTINCT source) FROM read_csv('$FILE', header=true, all_varchar=true, quote='\"', escape='\"', new_line='\\r\\n', parallel=false)", csv)
    assert from_csv == from_jsonl, f"{case}: csv gives {from_csv}, jsonl {from_jsonl}"

    otlp = timeline(case, "otlp", folder).read_text(encoding="utf-8").splitlines()
    assert len(otlp) == count, f"{case}: {len(otlp)} OTLP records of {count}"
    for line, row in zip(otlp, rows):
        data = json_format.Parse(line, logs_pb2.LogsData())
        (record,) = data.resource_logs[0].scope_logs[0].log_records
        row = json.loads(row)
        assert record.body.string_value == row["message"], f"{case}: {line}"
        assert bool(record.time_unix_nano) == (row["time"] is not None), f"{case}: {line}"

    sketch = timeline(case, "timesketch", folder)
    # What Timesketch's importer demands of each line: these three, and a date that it can read.
    (found,) = duck("SELECT count(*), count(message), count(CAST(datetime AS TIMESTAMPTZ)), count(timestamp_desc) FROM read_json('$FILE', format='newline_delimited', columns={message: 'VARCHAR', datetime: 'VARCHAR', timestamp_desc: 'VARCHAR'})", sketch)
    assert found == (count,) * 4, f"{case}: timesketch {found}, {count} records"

    findings = folder / "findings.jsonl"
    findings.write_bytes(run("analyze", str(case), "--format", "jsonl", "--tz", "Europe/Berlin"))
    report = json.loads(run("analyze", str(case), "--format", "json", "--tz", "Europe/Berlin"))
    if report["findings"]:
        (found,) = duck("SELECT count(*) FROM read_json('$FILE', format='newline_delimited', maximum_object_size=67108864) WHERE class IS NOT NULL", findings)
        assert found[0] == len(report["findings"]), f"{case}: {found[0]} findings in jsonl"
    return count


def main():
    cases = sorted(p for p in SAMPLES.iterdir() if p.is_dir())
    assert cases, f"{SAMPLES}: no samples"
    records = 0
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            records += check(case, pathlib.Path(folder))
    assert records > 0, "no record went through"
    print(f"ok: {records} records of {len(cases)} samples arrived in DuckDB, OTLP and Timesketch's form")


main()
