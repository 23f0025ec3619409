#include "runner/export/imagefolder.hpp"

#include "runner/base/text.hpp"
#include "runner/base/time_text.hpp"

namespace darkroom::exports {

namespace {

json::Value text_or_none(std::string const& text) {
    return text.empty() ? json::Value() : json::Value(text);
}

json::Value variables_of(engine::ManifestRow const& row, std::set<std::string> const& names) {
    json::Value out{json::Object{}};
    for (auto const& name : names) out.set(name, json::Value());
    for (auto const& [name, value] : row.variables) out.set(name, value);
    return out;
}

void set_file(json::Value& out, Sample const& sample, Options const& options) {
    if (!options.pairs) {
        out.set("file_name", sample.file_name());
        return;
    }
    out.set("input_file_name", text_or_none(sample.parent_name.value_or("")));
    out.set("output_file_name", sample.file_name());
}

/// Writes the pictures of one split after those of another.
class ImageFolder : public FormatWriter {
public:
    ImageFolder(OutputDirectory& out, Options const& options,
                std::set<std::string> const& variables)
        : out_(out), options_(options), variables_(variables) {}

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
            TRY(metadata_.write(metadata_line(sample, options_, variables_) + "\n"));
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
    json::Value out{json::Object{}};
    set_file(out, sample, options);
    if (options.captions != jobs::Captions::none) out.set("text", sample.caption);
    out.set("job", row.job);
    out.set("item", row.item);
    out.set("repeat", row.repeat);
    out.set("path", row.path);
    out.set("action", row.action);
    out.set("tile", row.tile > 0 ? json::Value(row.tile) : json::Value());
    out.set("prompt", row.prompt);
    out.set("root_prompt", row.root_prompt);
    if (!variables.empty()) out.set("variables", variables_of(row, variables));
    out.set("width", row.width);
    out.set("height", row.height);
    out.set("format", row.format);
    out.set("image_id", text_or_none(row.image_id));
    out.set("parent_image_id", text_or_none(row.parent_image_id));
    out.set("generated_at", row.generated_at == WallTime{}
                                ? json::Value()
                                : json::Value(format_rfc3339(row.generated_at)));
    out.set("key", to_hex(row.key));
    out.set("source_directory", sample.directory);
    out.set("source_file", row.file);
    out.set("source_sha256", sample.file.sha256);
    return json::write(out);
}

std::unique_ptr<FormatWriter> make_imagefolder(OutputDirectory& out, Options const& options,
                                               std::set<std::string> const& variables) {
    return std::make_unique<ImageFolder>(out, options, variables);
}

} // namespace darkroom::exports
