"""The texts of the sources that are no messages, by their places, with the reason.

A rule holds where all that it names holds: `files` is a pattern for the whole name, `texts` one for
the beginning, `calls` are calls around the text, `places` the function or table that it is in.
"""
import re
from typing import NamedTuple


class Rule(NamedTuple):
    why: str
    files: str = ".*"
    calls: tuple = ()
    places: tuple = ()
    texts: str = ""

    def holds(self, piece):
        return bool(re.fullmatch(self.files, piece.file)
                    and (not self.calls or set(self.calls) & set(piece.calls))
                    and (not self.places or piece.place in self.places)
                    and re.match(self.texts, piece.text))


FORMATS = [
    Rule("SQL", "runner/(store/journal|ledger/|postgres/).*",
         texts=r"(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|PRAGMA|BEGIN|COMMIT|RELEASE|ROLLBACK"
               r"|SAVEPOINT|CASE|UNION|OR phase|DROP|seq, step|; PRAGMA)"),
    Rule("heads of HTTP messages", "runner/(net|http|studio/http)/.*",
         texts=r"(.*HTTP/1\.1 (…|Host:|100 )|PRI \* |"
               r"…?(Accept|Content-Type|Proxy-Authorization|Range): |date: …|"
               r"content-length: |transfer-encoding: |connection: )"),
    Rule("headers", "runner/(studio/(cors|service|file_handler)|cli/.*|report/gallery/.*)"
                    r"\.cpp",
         texts=r"(text/|private, max-age|authorization, content-type|x-trace-id, |GET, HEAD|bytes "
               r"|default-src|connect-src|Accept: |X-Darkroom)"),
    Rule("events of a page", "runner/cli/dashboard.cpp", texts="event: …|: still here"),
    Rule("pages", "runner/(export/contact_sheet|report/html|studio/file_handler|report/gallery/.*)"
                  r"\.cpp", texts="<"),
    Rule("a data set's card", "runner/export/card.cpp"),
    Rule("numbers for Prometheus", "runner/report/metrics.cpp"),
    Rule("numbers for Prometheus", "runner/cli/run_metrics.cpp", texts="# HELP"),
    Rule("completions and units", r"runner/cli/(bash|zsh|fish)_completion.cpp"),
    Rule("completions and units", "runner/cli/systemd_units.cpp"),
    Rule("a command for a shell", "runner/cli/installed_schedule.cpp", texts="command -v"),
    Rule("what is hashed", calls=("sha256",)),
    Rule("a mark in a file", "runner/store/thumbnails.cpp", texts="darkroom thumbnails"),
    Rule("a mark in a file", "jobs/services/midjourney/model.cpp", texts="darkroom step"),
    Rule("a name in OpenSSL", calls=("BIO_meth_new",)),
    Rule("a table of versions", "jobs/services/midjourney/params.hpp"),
    Rule("pictures and their words",
         "runner/studio/(paint/(describe|samples|palette)|tasks/words).cpp"),
]

HELP = [
    Rule("options and their help", calls=("add_option", "add_flag", "add_flag_with_value", "footer",
                                          "set_version_flag", "set_help_flag")),
    Rule("the manual and the help", r"runner/cli/(man_page|exit_code)\.[ch]pp"),
    Rule("the manual and the help", "runner/cli/(help_command|run_program).cpp",
         texts="Prints the |Buys pictures "),
    Rule("the manual and the help", "runner/cli/trusted_job.hpp", texts="use the service, "),
]

# docs/cli.md shows what commands print when all is well.
RESULTS = [
    Rule("results of a command", calls=("print_line",)),
    Rule("results of a command", r"runner/report/(plan_report|bars|board).cpp"),
    Rule("results of a command", "runner/cli/((diff|clean|verify)_command|export_run).cpp",
         places=("print_difference", "words_of_rest", "with_way", "print_tally", "print_problem",
                 "print_verified")),
    Rule("results of a command", "runner/cli/export_run.cpp", texts=", … left out as duplicates"),
    Rule("results of a command", "runner/cli/verify_export.cpp", texts="signed, and all"),
    Rule("progress and counts", "runner/report/(next_run|pick_list|run_changes|run_state).cpp",
         places=("steps_text", "next_run_text", "pick_line", "changes_text", "rate_text",
                 "running_text", "ended_text"),
         texts="(?!A run is at work|killed: )"),
    Rule("progress and counts", r"runner/report/(status_text|status_json|summary|task_audit).cpp",
         places=("counts_line", "run_line", "payment_lines", "failure_lines", "to_json", "steps_of",
                 "account_line", "closing_words", "stray_line"),
         texts="(?!'darkroom pick)"),
    Rule("progress and counts", "runner/report/words.cpp", places=("saved_words", "each"),
         texts="(?!…, …: the service called)"),
    Rule("progress and counts", r"runner/report/.*\.cpp", texts="(and|… and) … more$"),
]

# They stand in another message, which has an entry with … in their place.
PARTS = [
    Rule("which of two", "runner/report/words.cpp", texts="(1 account goes|… accounts go) on"),
    Rule("which of two", "runner/cli/pick_command.cpp", places=("branches",)),
    Rule("which of two", "jobs/read/job_size.cpp",
         texts="(the jobs of this file have|this job has)$"),
    Rule("what a job file has", "jobs/yaml/values.cpp", places=("shown",)),
    Rule("where else it is", "jobs/yaml/read_yaml.cpp", places=("add_member",), texts=r"\(first"),
    Rule("what a key takes", "jobs/read/(accounts|hooks).cpp", texts=r"\{env: NAME\}|a command \["),
    Rule("what a key takes", "jobs/services/field_values.cpp"),
    Rule("what a key takes", "jobs/services/midjourney/actions.hpp", calls=("misnomers",)),
    Rule("what a member takes", "runner/studio/http/body_reader.cpp",
         texts="a string|true or false|a whole number|a number"),
    Rule("what a member takes", "runner/studio/tasks/work_request.cpp", places=("read_drawing",)),
    Rule("where a key belongs", "runner/studio/faults/fault_file.cpp", places=("misplaced",)),
    Rule("what an action works on", "jobs/read/branches.cpp", places=("kind_name",)),
    Rule("the end of a chat's prompt", "jobs/read/written_lint.cpp", texts=r"\(fast, stealth"),
    Rule("names of fields", "jobs/schedule/cron.cpp", calls=("cron_fields",)),
    Rule("what was found out of a table", "jobs/table/(found_form|table).cpp",
         places=("text", "shown")),
    Rule("where a token is", r"runner/cli/(token|trusted_job|installed_schedule).cpp",
         texts="the (… )?(file|environment variable|output of)|comes from the|is named nowhere"),
    Rule("when a hook runs", "runner/cli/trusted_job.cpp", calls=("add_hook",)),
    Rule("which rule of shards", "runner/cli/shard_rule.cpp", places=("words_of",)),
    Rule("what a hint is cut from", "runner/report/script_lines.cpp", places=("split_hint",)),
]

UNSEEN = [
    Rule("a defect, shown as an internal error",
         calls=("logic_error", "runtime_error", "static_assert")),
    Rule("a value that no enumeration has", texts="unnamed .*error"),
    Rule("the library's own words, which are replaced", "jobs/yaml/read_yaml.cpp",
         texts="(end of|illegal|unknown escape|unknown token|bad character|invalid unicode"
               "|the referenced|alias not found|anchor not found|cannot assign|tag handle)"),
    Rule("reasons for a reader of the source", "runner/store/folder_files.cpp",
         places=("folder_file_table",)),
]

RULES = FORMATS + HELP + RESULTS + PARTS + UNSEEN


def rule_of(piece):
    """Returns the number of the rule by which a text is no message; None for a message."""
    if piece.is_raw:
        return -1  # help texts, pages, scripts: whatever is written as a block
    return next((number for number, rule in enumerate(RULES) if rule.holds(piece)), None)
