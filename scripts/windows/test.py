#!/usr/bin/env python3
"""Runs swyxtrace.exe under Wine as Explorer would, and checks what a user would see.

    python3 scripts/windows/test.py [EXE]

Without EXE, scripts/windows/build.sh makes it. Needs Debian's wine, wine64 and gcc-mingw-w64-x86-64; says SKIPPED where
they are missing, and fails then under CI_STRICT=1.
"""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
STRICT = os.environ.get("CI_STRICT") == "1"
# Wine 8 lacks this library, which Rust's standard library asks for random numbers.
SHIM = r"""
#include <windows.h>
BOOLEAN WINAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL ProcessPrng(PBYTE data, SIZE_T len) { return SystemFunction036(data, (ULONG)len); }
"""

# A ZIP with a trace in it, encrypted (AES) with the password `Geheim 5000`.
LOCKED = (
    "UEsDBBQAAQBjADuXeF0AAAAAsAAAANsAAAAcAAsAU3d5eE1lc3Nlbmdlci0yMDIwLTA4LTEwLmxvZwGZBwACAEFFAwgADocuHpZC"
    "2u1Tdj9EfnBU7044PjjBCrOHF7l793TccCjbybFGb5b6TGT4/7CrFola+OTfNJz/v46TW6jBGx6+Ut9zQSiPPEExMZw7QrxKBShF"
    "McFwUagiVPTa+LcyJ1s3SWp2eaH0D/BCoLnU97wXi5mqcqqZCEfUvTXKDy3I/KHMxkDYIoDUgR5+g1+3VShxeDj+T2KBVE08HxJw"
    "oh1RmE913rRz8Ri6cOLAouZJTNxQSwECFAMUAAEAYwA7l3hdAAAAALAAAADbAAAAHAALAAAAAAAAAAAApIEAAAAAU3d5eE1lc3Nl"
    "bmdlci0yMDIwLTA4LTEwLmxvZwGZBwACAEFFAwgAUEsFBgAAAAABAAEAVQAAAPUAAAAAAA=="
)


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(1 if STRICT else 0)


def program(folder):
    if len(sys.argv) > 1:
        exe = pathlib.Path(sys.argv[1])
    else:
        built = subprocess.run([ROOT / "scripts/windows/build.sh"], capture_output=True, text=True)
        if built.returncode == 3:
            skip(built.stderr.strip())
        assert built.returncode == 0, built.stderr
        exe = ROOT / built.stdout.strip().splitlines()[-1]
    source = folder / "shim.c"
    source.write_text(SHIM)
    subprocess.run(["x86_64-w64-mingw32-gcc", "-shared", "-o", folder / "bcryptprimitives.dll", source, "-ladvapi32"], check=True)
    shutil.copy(exe, folder / "swyxtrace.exe")
    return folder / "swyxtrace.exe"


class Machine:
    """A Windows of its own, thrown away afterwards."""

    def __init__(self, folder):
        self.exe = program(folder)
        self.env = dict(os.environ, WINEDEBUG="-all", WINEPREFIX=str(folder / "wine"), WINEDLLOVERRIDES="mscoree,mshtml=", TZ="Europe/Berlin", LC_ALL="C.UTF-8")
        subprocess.run(["wineboot", "-i"], env=self.env, capture_output=True, check=False)
        self.checked = 0

    def run(self, *args, codes=(0, 1), typed=b""):
        done = subprocess.run(["wine", self.exe, *args], env=self.env, capture_output=True, input=typed, timeout=300)
        out, err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace")
        assert done.returncode in codes, f"{args}: exit code {done.returncode}\n{out}\n{err}"
        self.checked += 1
        return out, err


def windows_path(path):
    return "Z:" + str(path).replace("/", "\\")


def reports(folder):
    return sorted(folder.rglob("swyxtrace-report-*.html"))


def check(machine, folder):
    traces = folder / "Jürgen Groß" / "SwyxIt! Traces (alt)"
    shutil.copytree(ROOT / "samples/port_5000_collision", traces)

    # Dropped: a folder, as Explorer hands it over.
    out, _ = machine.run(windows_path(traces), "--no-open", "--lang", "de", codes=(1,))
    assert "5000" in out and "FEHLER" in out, out
    (report,) = reports(traces)
    html = report.read_text(encoding="utf-8")
    assert "<html lang=\"de\"" in html and len(html) < 300_000, html[:200]
    # Once more: the report of before is no trace.
    again, _ = machine.run(windows_path(traces), "--no-open", "--lang", "de", codes=(1,))
    assert len(reports(traces)) == 2, reports(traces)
    known = json.loads(machine.run("analyze", windows_path(traces), "--format", "json", codes=(1,))[0])
    assert not any("swyxtrace-report" in s["path"] for s in known["sources"]), known["sources"]

    # Dropped: two files, then a zip.
    files = [windows_path(p) for p in sorted(traces.glob("*.log"))]
    machine.run(*files, "--no-open", codes=(1,))
    packed = folder / "Ticket 4711.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in traces.glob("*.log"):
            archive.write(path, f"Traces/{path.name}")
    machine.run(windows_path(packed), "--no-open", codes=(1,))
    assert any(p.parent == folder for p in reports(folder)), reports(folder)

    # Dropped: an archive with a password asks for it.
    locked = folder / "Verschlüsselt.zip"
    locked.write_bytes(base64.b64decode(LOCKED))
    asked = machine.run(windows_path(locked), "--no-open", "--lang", "de", codes=(1,), typed="falsch\r\nGeheim 5000\r\n".encode())
    assert "ist verschlüsselt. Kennwort: " in asked[1] and "5000" in asked[0], asked
    machine.run(windows_path(locked), "--no-open", codes=(3,))

    # CRLF, UTF-16 with BOM: the same findings.
    told = {(f["rule"], f["count"]) for f in known["findings"]}
    for name, end, encoding in [("crlf", "\r\n", "utf-8"), ("utf16", "\r\n", "utf-16")]:
        other = folder / name
        other.mkdir()
        for path in traces.glob("*.log"):
            text = path.read_text(encoding="utf-8").replace("\n", end)
            (other / path.name).write_bytes(text.encode(encoding))
        found = json.loads(machine.run("analyze", windows_path(other), "--format", "json", codes=(1,))[0])
        assert {(f["rule"], f["count"]) for f in found["findings"]} == told, name

    # A trace that another process holds open and writes on.
    growing = folder / "growing"
    growing.mkdir()
    source = next(traces.glob("SwyxMessenger*.log")).read_bytes()
    stop = threading.Event()

    def write():
        with open(growing / "SwyxMessenger-2020-08-10.log", "ab", buffering=0) as log:
            log.write(source)
            while not stop.is_set():
                log.write(b"[2020-08-10 11:30:00.000] [info] still here\n")
                time.sleep(0.001)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        machine.run("analyze", windows_path(growing), codes=(1, 4))
    finally:
        stop.set()
        writer.join()

    # Watched, while it grows, is deleted and made anew by another process: the watch must not hold it.
    live = folder / "live"
    live.mkdir()
    log = live / "SwyxMessenger-2020-08-10.log"
    log.write_bytes(b"[2020-08-10 11:00:00.000] [info] a quiet start\n")
    watch = subprocess.Popen(
        ["wine", machine.exe, "follow", windows_path(live), "--interval", "100ms", "--until-stdin-ends", "--format", "jsonl"],
        env=machine.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )
    lines = (json.loads(line) for line in watch.stdout)
    assert next(line for line in lines if line["kind"] == "watching")
    log.unlink()
    log.write_bytes(source)
    assert next(line for line in lines if line["kind"] == "finding")["source"].endswith(log.name)
    watch.stdin.close()
    assert next(line for line in lines if line["kind"] == "report")["report"]["verdict"] == "failure"
    assert watch.wait(60) == 1
    machine.checked += 1

    # A double click: nothing is given, this user's Traces folder is analysed.
    profiles = (folder / "wine/drive_c/users").glob("*/AppData/Local")
    local = next(p for p in profiles if p.parts[-3] != "Public") / "Temp" / "Swyx"
    shutil.copytree(traces, local / "Traces", dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.html"))
    found = machine.run("drop", "--no-open", codes=(1,))
    assert "5000" in found[0] and reports(local), found
    shutil.rmtree(local)

    # Exit codes, and nothing at all.
    machine.run("analyze", windows_path(ROOT / "samples/clean_login"), codes=(0,))
    machine.run("analyze", windows_path(folder / "nowhere"), codes=(2,))
    empty = folder / "empty"
    empty.mkdir()
    machine.run("analyze", windows_path(empty), codes=(3,))
    machine.run(codes=(2, 3))
    machine.run("analyze", codes=(3,))

    # The entry in the Send-to menu comes and goes.
    said, _ = machine.run("install", "--send-to", codes=(0,))
    link = list((folder / "wine").rglob("SendTo/swyxtrace.lnk"))
    assert len(link) == 1 and "swyxtrace" in said, (link, said)
    machine.run("install", "--send-to", "--remove", codes=(0,))
    assert not link[0].exists()


def main():
    for tool in ("wine", "x86_64-w64-mingw32-gcc"):
        if shutil.which(tool) is None:
            skip(f"{tool} is not installed (apt-get install wine wine64 gcc-mingw-w64-x86-64)")
    with tempfile.TemporaryDirectory(prefix="swyxtrace-wine-", ignore_cleanup_errors=True) as name:
        folder = pathlib.Path(name)
        machine = Machine(folder)
        check(machine, folder)
        subprocess.run(["wineserver", "-k"], env=machine.env, check=False)
        print(f"ok: {machine.checked} runs of swyxtrace.exe under Wine")


main()
