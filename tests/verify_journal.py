#!/usr/bin/env python3
"""Is an incident's timeline whole? A second reader of the format, which shares no line with the program.

usage: verify_journal.py FOLDER     exit 0: whole; 1: not whole, and the first entry that is wrong is named
"""
import gzip, hashlib, json, pathlib, re, sys

LINE = re.compile(rb'(\{"seq":[0-9]+,.*,"prev":"([0-9a-f]{64})")(?:,"sum":"([0-9a-f]{64})")?\}')


def wrong(number, what):
    print(f"not whole: line {number}: {what}")
    sys.exit(1)


def evidence(folder, cited):
    try:
        content = gzip.decompress((folder / "evidence" / (cited["sha256"] + ".gz")).read_bytes())
    except FileNotFoundError:
        return "missing"
    except Exception as problem:
        return f"altered ({problem})"
    kept = (hashlib.sha256(content).hexdigest(), len(content))
    return None if kept == (cited["sha256"], cited["bytes"]) else "altered"


def verify(folder):
    journal = (folder / "journal.jsonl").read_bytes()
    if not journal.endswith(b"\n") and journal:
        wrong(journal.count(b"\n") + 1, "torn")
    head, summed, cited = "0" * 64, False, []
    for number, line in enumerate(journal.split(b"\n")[:-1], 1):
        parts = LINE.fullmatch(line)
        if not parts or (summed and not parts[3]):
            wrong(number, "not an entry")
        if parts[3]:
            summed = True
            if hashlib.sha256(parts[1]).hexdigest() != parts[3].decode():
                wrong(number, "altered")
        try:
            entry = json.loads(line.decode("utf-8"))
        except ValueError:
            wrong(number, "not an entry")
        if entry["seq"] != number or entry["prev"] != head:
            wrong(number, "removed, inserted, swapped or altered")
        head = hashlib.sha256(line).hexdigest()
        if "evidence" in entry and isinstance(entry["evidence"], dict):
            cited.append((number, entry["evidence"]))
    for cites, piece in cited:
        if problem := evidence(folder, piece):
            wrong(cites, f"its evidence is {problem}")
    print(journal.count(b"\n"), "entries, whole and in order\nhead", head)


verify(pathlib.Path(sys.argv[1]))
