#include "runner/export/imagefolder.hpp"

#include "runner/base/text.hpp"
#include "runner/base/time_text.hpp"

#include <algorithm>

namespace darkroom::exports {

namespace {

/// Writes the members of an object one by one, without a value of each in between.
class LineWriter {
public:
    LineWriter() { line_.reserve(line_bytes); }

    /// `name` stands for itself.
    void add_json(std::string_view name, std::string_view json) {
        line_ += line_.empty() ? "{\"" : ",\"";
        line_ += name;
        line_ += "\":";
        line_ += json;
    }
    void add(std::string_view name, std::string_view text) {
        add_json(name, "");
        json::append_text(line_, text);
    }
    void add_known(std::string_view name, std::string_view text) {
        if (text.empty()) return add_json(name, "null");
        add(name, text);
    }
    void add(std::string_view name, std::uint64_t number) {
        add_json(name, std::to_string(number));
    }
    std::string finish() {
        line_ += '}';
        return std::move(line_);
    }

private:
    static constexpr std::size_t line_bytes = 1536; ///< Most lines have fewer.
    std::string line_;
};

/// Returns an object with all variables, so that each line has the same members.
std::string variables_text_of(engine::ManifestRow const& row, std::set<std::string> const& names) {
    std::string text;
    for (auto const& name : names) {
        text += text.empty() ? '{' : ',';
        json::append_text(text, name);
        text += ':';
        auto const found = std::find_if(row.variables.begin(), row.variables.end(),
                                        [&name](auto const& one) { return one.first == name; });
        if (found == row.variables.end())
            text += "null";
        else
            json::append_text(text, found->second);
    }
    return text + "}";
}

/// Writes the pictures of one split after those of another.
class ImageFolder : public FormatWriter {
public:
    ImageFolder(OutputDirectory& out, Options const& options,
                std::set<std::string> const& variables)
        : out_(out), options_(options), variables_(variables) {}

    std::string listing_of(Sample const& sample) const override {
        return metadata_line(sample, options_, variables_) + "\n";
    }

    Result<Placed> add(Sample const& sample) override {
        if (sample.split != split_ || !metadata_.is_open()) {
            TRY(finish());
            split_ = sample.split;
            TRY_ASSIGN(metadata_, out_.create());
        }
        auto const name = sample.split + "/" + sample.file_name();
        auto placed = Placed::copied;
        if (sample.bytes) {
            TRY(out_.write(name, *sample.bytes));
        } else {
            TRY_ASSIGN(placed, out_.place(name, sample.file, options_));
        }
        if (placed == Placed::wrong) return placed;
        bool const is_listed = !options_.pairs || sample.parent_name;
        if (is_listed) {
            TRY(metadata_.write(sample.listing.empty() ? listing_of(sample) : sample.listing));
        }
        return placed;
    }

    Result<> finish() override {
        if (!metadata_.is_open()) return {};
        TRY(out_.commit(std::move(metadata_), split_ + "/metadata.jsonl"));
        metadata_ = OutputFile();
        return {};
    }

private:
    OutputDirectory& out_;
    Options const& options_;
    std::set<std::string> const& variables_;
    std::string split_;
    OutputFile metadata_;
};

} // namespace

std::string metadata_line(Sample const& sample, Options const& options,
                          std::set<std::string> const& variables) {
    auto const& row = sample.row;
    LineWriter out;
    if (options.pairs) {
        out.add("input_file_name", sample.parent_name.value_or(""));
        out.add("output_file_name", sample.file_name());
    } else {
        out.add("file_name", sample.file_name());
    }
    if (options.captions != jobs::Captions::none) out.add("text", sample.caption);
    out.add("job", row.job);
    out.add("item", row.item);
    out.add("repeat", static_cast<std::uint64_t>(row.repeat));
    out.add("path", row.path);
    out.add("action", row.action);
    out.add_json("tile", row.tile > 0 ? std::to_string(row.tile) : "null");
    out.add("prompt", row.prompt);
    out.add("root_prompt", row.root_prompt);
    if (!variables.empty()) out.add_json("variables", variables_text_of(row, variables));
    out.add("width", static_cast<std::uint64_t>(row.width));
    out.add("height", static_cast<std::uint64_t>(row.height));
    out.add("format", row.format);
    out.add_known("image_id", row.image_id);
    out.add_known("parent_image_id", row.parent_image_id);
    out.add_known("generated_at",
                  row.generated_at == WallTime{} ? "" : format_rfc3339(row.generated_at));
    out.add("key", to_hex(row.key));
    out.add("source_directory", sample.directory);
    out.add("source_file", row.file);
    out.add("source_sha256", sample.file.sha256);
    return out.finish();
}

std::unique_ptr<FormatWriter> make_imagefolder(OutputDirectory& out, Options const& options,
                                               std::set<std::string> const& variables) {
    return std::make_unique<ImageFolder>(out, options, variables);
}

} // namespace darkroom::exports
