#include "runner/export/card.hpp"

#include "runner/base/text.hpp"
#include "runner/base/time_text.hpp"
#include "runner/export/contact_sheet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace darkroom::exports {

namespace {

using Counts = std::map<std::string, std::uint64_t>;

std::string size_category(std::uint64_t pictures) {
    struct Row {
        std::uint64_t below;
        std::string_view name;
    };
    constexpr std::array<Row, 5> rows{{{1000, "n<1K"},
                                       {10'000, "1K<n<10K"},
                                       {100'000, "10K<n<100K"},
                                       {1'000'000, "100K<n<1M"},
                                       {10'000'000, "1M<n<10M"}}};
    for (auto const& row : rows)
        if (pictures < row.below) return std::string(row.name);
    return "10M<n<100M";
}

/// Returns a text as YAML in double quotes, which JSON is.
std::string quoted(std::string const& text) { return json::write(json::Value(text)); }

/// Returns a text as a cell of a table in Markdown.
std::string cell(std::string const& text) {
    std::string out;
    for (auto const c : html_text(text)) {
        if (c == '|')
            out += "\\|";
        else if (static_cast<unsigned char>(c) < 0x20)
            out += ' ';
        else
            out += c;
    }
    return out.empty() ? "-" : out;
}

std::string table_of(std::string_view title, Counts const& counts) {
    constexpr std::size_t rows_max = 100;
    auto text = fmt::format("| {} | pictures |\n| --- | ---: |\n", title);
    std::size_t rows = 0;
    for (auto const& [name, count] : counts) {
        if (++rows > rows_max) break;
        text += fmt::format("| {} | {} |\n", cell(name), count);
    }
    if (counts.size() > rows_max) text += fmt::format("| {} more | |\n", counts.size() - rows_max);
    return text + "\n";
}

std::string front_matter(CardFacts const& facts, Options const& options, std::string const& name) {
    auto text = fmt::format("---\n"
                            "license: other # choose one before you publish\n"
                            "pretty_name: {}\n"
                            "task_categories:\n- text-to-image\n"
                            "size_categories:\n- {}\n"
                            "tags:\n- synthetic\n- darkroom\n",
                            quoted(name), size_category(facts.pictures));
    bool const has_configs = options.format != Format::folder && !facts.splits.empty();
    if (has_configs) text += "configs:\n- config_name: default\n  data_files:\n";
    for (auto const& share : options.split) {
        if (!has_configs || !facts.splits.contains(share.name)) continue;
        auto const files = options.format == Format::webdataset ? "-*.tar" : "/**";
        text += fmt::format("  - split: {0}\n    path: \"{0}{1}\"\n", share.name, files);
    }
    return text + "---\n\n";
}

std::string dates_of(CardFacts const& facts) {
    if (facts.first == WallTime{}) return "not known";
    auto const day = [](WallTime time) { return format_rfc3339(time).substr(0, 10); };
    return day(facts.first) + " to " + day(facts.last);
}

std::string money_of(jobs::Micros amount) {
    auto text = fmt::format("{}.{:06}", amount / 1'000'000, amount % 1'000'000);
    while (text.ends_with('0') && text[text.size() - 3] != '.') text.pop_back();
    return text;
}

std::string columns_of(Options const& options, std::set<std::string> const& variables) {
    std::string text = "## Columns\n\n";
    switch (options.format) {
    case Format::imagefolder:
        text += "`metadata.jsonl` of each split has a line for each ";
        text += options.pairs ? "pair: `input_file_name` and `output_file_name` are its files; "
                              : "picture: `file_name` is its file; ";
        text += "`text` is the caption, `job`, `item`, `repeat`, `path`, `action` and `tile` are "
                "its place in the job file, `variables` the values of the row, `source_file` and "
                "`source_sha256` the file as the service sent it.\n";
        break;
    case Format::webdataset:
        text += "A sample is a picture, a `.json` with its line of the manifest, and a `.txt` with "
                "the caption, if it has one. `index.json` lists the shards.\n";
        break;
    default: text += "`contact-sheet.html` shows the pictures.\n";
    }
    if (!variables.empty()) {
        text += "\nVariables: ";
        bool is_first = true;
        for (auto const& name : variables) {
            text += (is_first ? "" : ", ") + cell(name);
            is_first = false;
        }
        text += ".\n";
    }
    return text;
}

/// Returns the value that follows one of two parameters; "" where neither stands.
std::string value_after(std::vector<std::string_view> const& words, std::string_view short_name,
                        std::string_view long_name) {
    for (std::size_t i = 0; i + 1 < words.size(); ++i)
        if (words[i] == short_name || words[i] == long_name) return std::string(words[i + 1]);
    return {};
}

} // namespace

void CardFacts::add(Sample const& sample) {
    auto const& row = sample.row;
    ++pictures;
    bytes += sample.size();
    ++splits[sample.split];
    ++jobs[row.job];
    ++formats[row.format];
    ++models[model_of(row.root_prompt)];
    cost += row.cost;
    auto const at = row.generated_at;
    if (at == WallTime{}) return;
    first = first == WallTime{} ? at : std::min(first, at);
    last = std::max(last, at);
}

std::string model_of(std::string_view prompt) {
    std::vector<std::string_view> words;
    for (auto const word : split(prompt, ' '))
        if (!word.empty()) words.push_back(word);
    auto const niji = value_after(words, "--niji", "--niji");
    if (!niji.empty()) return "niji " + niji;
    auto const version = value_after(words, "--v", "--version");
    return version.empty() ? "not named" : "v " + version;
}

std::string card_of(CardFacts const& facts, Options const& options, std::string const& name,
                    std::set<std::string> const& variables) {
    auto text = front_matter(facts, options, name);
    text += fmt::format("# {}\n\n", cell(name));
    text += fmt::format("{} pictures, {} bytes, made by a model and exported by darkroom as "
                        "`{}`.\n\n",
                        facts.pictures, facts.bytes, name_of(options.format));
    text += fmt::format("- Made: {}\n- Paid for these pictures: {}\n- Licence: choose one before "
                        "you publish\n\n",
                        dates_of(facts), money_of(facts.cost));
    if (options.format != Format::folder) text += table_of("split", facts.splits);
    text += table_of("job", facts.jobs) + table_of("model", facts.models) +
            table_of("format", facts.formats);
    text += columns_of(options, variables);
    text += "\n## Parquet\n\n```sh\n"
            "darkroom export DIR --to jsonl -o rows.jsonl\n"
            "duckdb -c \"COPY (FROM read_json_auto('rows.jsonl')) TO 'rows.parquet' (FORMAT "
            "parquet)\"\n```\n\n"
            "`sha256sum -c SHA256SUMS` checks all files.\n";
    return text;
}

} // namespace darkroom::exports
