#!/usr/bin/env python3
"""Counts unit tests by case: prints `N passed, N failed`, exit code 1 if one failed.

Usage: tools/sum_unit_results.py CTEST_JUNIT_XML GTEST_REPORT_FOLDER

GoogleTest writes a report per program; one that crashed or hung writes none, and ctest alone knows of it. So a
program that ctest calls failed counts as one failed case at least.
"""
import pathlib
import sys
import xml.etree.ElementTree as xml


def main():
    junit, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    programs = list(xml.parse(junit).getroot().iter("testcase"))
    programs_failed = sum(case.get("status") != "run" for case in programs)
    passed = failed = programs_with_failures = 0
    for report in sorted(folder.glob("*.xml")):
        try:
            root = xml.parse(report).getroot()
        except xml.ParseError:
            continue  # cut short by a crash: ctest has counted it
        cases = [case for case in root.iter("testcase") if case.get("status") == "run"]
        bad = sum(case.find("failure") is not None for case in cases)
        passed += sum(case.find("failure") is None and case.get("result") != "skipped" for case in cases)
        failed += bad
        programs_with_failures += bad > 0
    failed += max(0, programs_failed - programs_with_failures)
    print(f"{passed} passed, {failed} failed")
    return failed > 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main())
