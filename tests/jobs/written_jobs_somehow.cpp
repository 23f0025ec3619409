// The many ways to write the same jobs.
#include "tests/jobs/written_jobs.hpp"

#include <algorithm>
#include <string_view>

namespace darkroom::jobs::test {

namespace {

bool toss(Dice& dice) { return dice.below(2) == 0; }

template <class T>
std::vector<T> shuffled(std::vector<T> values, Dice& dice) {
    for (auto left = values.size(); left > 1; --left)
        std::swap(values[left - 1], values[dice.below(left)]);
    return values;
}

/// Puts `by` before each of these signs.
std::string escaped(std::string_view text, std::string_view signs, char by) {
    std::string out;
    for (char const c : text) {
        if (signs.find(c) != std::string_view::npos) out += by;
        out += c;
    }
    return out;
}

bool may_be_plain(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ' ';
    });
}

/// Returns a YAML scalar that is valid anywhere.
std::string quoted(std::string_view text, Dice& dice) {
    auto const form = dice.below(3);
    if (form == 0 && may_be_plain(text)) return std::string(text);
    if (form == 1) return "'" + escaped(text, "'", '\'') + "'";
    return '"' + escaped(text, "\"\\", '\\') + '"';
}

/// Writes `[a, b]`, or one line for each, indented by this many blanks.
std::string list_of(std::vector<std::string> const& items, std::string const& indent, Dice& dice) {
    std::string text;
    if (toss(dice)) {
        for (auto const& item : items) text += (text.empty() ? "" : ", ") + item;
        return " [" + text + "]\n";
    }
    for (auto const& item : items) text += indent + "- " + item + '\n';
    return '\n' + text;
}

std::string choice_of(std::vector<std::string> const& options, Dice& dice) {
    auto const* const sign = toss(dice) ? "," : "|";
    std::string text;
    for (auto const& option : shuffled(options, dice)) {
        text += text.empty() ? "{" : sign;
        text += toss(dice) ? " " + option : option;
        if (toss(dice)) text += ' ';
    }
    return text + '}';
}

std::string text_of(Segment const& segment, Dice& dice) {
    switch (segment.kind) {
    case Segment::Kind::word: return segment.texts[0];
    case Segment::Kind::choice: return choice_of(segment.texts, dice);
    case Segment::Kind::variable: break;
    }
    return toss(dice) ? "{{" + segment.texts[0] + "}}" : "{{ " + segment.texts[0] + " }}";
}

/// Writes the prompt, with its first part as a prefix and its last part as a suffix, or not.
std::vector<std::string> prompt_keys(Meant const& job, Dice& dice) {
    std::vector<std::string> texts;
    for (auto const& segment : job.prompt) texts.push_back(text_of(segment, dice));
    std::vector<std::string> keys;
    auto const take = [&](std::size_t at, std::string_view key) {
        if (texts.size() < 2 || dice.below(3) > 0) return;
        keys.push_back(std::string(key) + ": " + quoted(texts[at], dice) + '\n');
        texts.erase(texts.begin() + static_cast<std::ptrdiff_t>(at));
    };
    take(0, "prefix");
    take(texts.size() - 1, "suffix");
    bool const is_folded = toss(dice);
    std::string whole;
    for (auto const& text : texts)
        whole += (whole.empty() ? "" : is_folded ? "\n      " : " ") + text;
    keys.push_back(is_folded ? "prompt: >-\n      " + whole + '\n'
                             : "prompt: " + quoted(whole, dice) + '\n');
    return keys;
}

/// Writes the rows in a random order, format and quotes; returns the name of the file.
std::string write_table(Meant const& job, std::string const& name, Folder const& folder,
                        Dice& dice) {
    auto const columns = shuffled(std::vector<std::size_t>{0, 1}, dice);
    auto const format = dice.below(3);
    auto const* const end = toss(dice) ? "\n" : "\r\n";
    auto const* const sign = format == 0 ? "," : "\t";
    auto const cell = [&](std::string const& text) {
        bool const may_be_bare = text.find_first_of(",\"\t") == std::string::npos;
        return may_be_bare && toss(dice) ? text : '"' + escaped(text, "\"", '"') + '"';
    };
    std::string text =
        format < 2 ? cell(job.columns[columns[0]]) + sign + cell(job.columns[columns[1]]) + end
                   : "";
    if (format < 2 && toss(dice)) text = "\xEF\xBB\xBF" + text;
    auto const json = [&](std::vector<std::string> const& row, std::size_t column) {
        return '"' + job.columns[column] + "\": \"" + escaped(row[column], "\"\\", '\\') + '"';
    };
    for (auto const& row : shuffled(job.rows, dice)) {
        if (format < 2)
            text += cell(row[columns[0]]) + sign + cell(row[columns[1]]) + end;
        else
            text += '{' + json(row, columns[0]) + ", " + json(row, columns[1]) + '}' + end;
    }
    auto const file = name + (format == 0 ? ".csv" : format == 1 ? ".tsv" : ".jsonl");
    folder.write(file, text);
    return file;
}

std::vector<std::string> matrix_keys(Meant const& job, Dice& dice) {
    if (job.matrix.empty()) return {};
    std::vector<std::string> keys{"matrix:\n"};
    auto const& first = job.matrix[0];
    if (job.leaves_out)
        keys.push_back("exclude: [{" + first.name + ": " + quoted(first.values[0], dice) + "}]\n");
    for (auto const& axis : shuffled(job.matrix, dice)) {
        std::vector<std::string> values;
        for (auto const& value : shuffled(axis.values, dice)) values.push_back(quoted(value, dice));
        keys[0] += "      " + axis.name + ':' + list_of(values, "        ", dice);
    }
    return keys;
}

/// Writes a chain, or the list of lists that it is short for.
std::string chain_key(std::vector<std::string> const& chain, Dice& dice) {
    if (toss(dice)) return "chain:" + list_of(chain, "      ", dice);
    std::string text;
    for (auto action = chain.rbegin(); action != chain.rend(); ++action) {
        auto const own = toss(dice) ? *action : '[' + *action + ']';
        text = "[{action: " + own + (text.empty() ? "" : ", then: " + text) +
               (toss(dice) ? ", download: false" : "") + "}]";
    }
    return "then: " + text + '\n';
}

std::string job_text(Meant const& job, std::string const& table, Folder const& folder, Dice& dice) {
    auto keys = prompt_keys(job, dice);
    auto const add = [&keys](std::vector<std::string> more) {
        keys.insert(keys.end(), more.begin(), more.end());
    };
    add(matrix_keys(job, dice));
    if (!job.rows.empty()) add({"prompts: " + write_table(job, table, folder, dice) + '\n'});
    if (!job.params.empty()) {
        std::string text = "params:\n"; // in their order, which is that of the prompt
        for (auto const& [name, value] : job.params)
            text += "      " + name + ": " + quoted(value, dice) + '\n';
        add({text});
    }
    if (job.mode != "fast" || toss(dice)) add({"mode: " + quoted(job.mode, dice) + '\n'});
    if (job.repeat > 1 || toss(dice)) add({"repeat: " + std::to_string(job.repeat) + '\n'});
    if (!job.chain.empty()) add({chain_key(job.chain, dice)});
    if (toss(dice)) add({"download: false\n"});
    if (toss(dice)) add({"id: job" + std::to_string(dice.below(1'000'000)) + table + '\n'});
    std::string text;
    for (auto const& key : shuffled(keys, dice)) text += (text.empty() ? "  - " : "    ") + key;
    return text;
}

} // namespace

std::string write_somehow(MeantFile const& file, Folder const& folder, Dice& dice) {
    std::string jobs = "jobs:\n";
    int number = 0;
    for (auto const& job : shuffled(file, dice))
        jobs += job_text(job, "t" + std::to_string(number++), folder, dice);
    std::vector<std::string> parts{"version: 1\n", jobs};
    if (toss(dice)) parts.push_back("name: run" + std::to_string(dice.below(1000)) + '\n');
    if (toss(dice)) parts.push_back("limits: {rate: 7/s, concurrency: 3}\n");
    if (toss(dice)) parts.push_back("output: {directory: elsewhere, captions: txt}\n");
    if (toss(dice)) parts.push_back("prices: {default: 0.5}\n");
    std::string text;
    for (auto const& part : shuffled(parts, dice)) text += part;
    return folder.write("a" + std::to_string(dice.below(1'000'000)) + ".yaml", text);
}

} // namespace darkroom::jobs::test
