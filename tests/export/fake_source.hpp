// A run directory in memory, and rows for it.
#pragma once

#include "runner/base/json.hpp"
#include "runner/export/chosen_rows.hpp"

#include <memory>
#include <string>
#include <vector>

namespace darkroom::test {

/// Returns a row of an image whose key and bytes are made from `item` and `path`.
inline engine::ManifestRow row_of(std::string job, std::uint64_t item, std::string path = "",
                                  int repeat = 0) {
    engine::ManifestRow row;
    row.key = sha256(job + std::to_string(item) + path + std::to_string(repeat));
    row.job = std::move(job);
    row.item = item;
    row.repeat = repeat;
    row.path = std::move(path);
    row.kind = "image";
    row.action = row.path.empty() ? "generate" : row.path;
    row.root_prompt = "a red fox --v 6";
    row.prompt = row.path.empty() ? row.root_prompt : "";
    row.image_id = to_hex(row.key).substr(0, 8);
    row.file = "images/" + row.image_id + ".png";
    row.format = "png";
    row.bytes = 10;
    row.sha256 = to_hex(sha256(row.image_id));
    return row;
}

class FakeSource : public exports::RowSource {
public:
    FakeSource(std::string directory, std::vector<engine::ManifestRow> rows, std::string picks = "")
        : directory_(std::move(directory)), rows_(std::move(rows)), picks_(std::move(picks)) {}

    std::string const& directory() const override { return directory_; }
    Result<> for_each(Take const& take) override {
        for (std::uint64_t i = 0; i < rows_.size(); ++i) {
            auto one = listed(i);
            forget_others(one.row);
            TRY(take(one));
        }
        return {};
    }
    Result<> read(std::uint64_t offset, std::uint32_t, exports::ListedRow& row) override {
        row = listed(offset);
        return {};
    }
    Result<std::string> picks() override { return picks_; }
    Result<exports::SourceFile> open(std::string const&) override { return exports::SourceFile(); }

private:
    /// Clears the members that no choice goes by.
    static void forget_others(engine::ManifestRow& row) {
        for (auto* const text : {&row.prompt, &row.mode, &row.task_id, &row.trace_id, &row.url,
                                 &row.same_as, &row.account})
            text->clear();
        row.width = row.height = row.attempts = 0;
        row.cost = 0;
        row.submitted_at = row.generated_at = row.downloaded_at = {};
        row.result.reset();
        row.drawn = {};
    }
    exports::ListedRow listed(std::uint64_t i) const {
        exports::ListedRow listed;
        listed.row = rows_.at(i);
        listed.line = json::write(engine::to_json(listed.row));
        listed.offset = i;
        return listed;
    }

    std::string directory_;
    std::vector<engine::ManifestRow> rows_;
    std::string picks_;
};

inline exports::Sources sources(std::vector<engine::ManifestRow> rows) {
    exports::Sources all;
    all.push_back(std::make_unique<FakeSource>("out/a", std::move(rows)));
    return all;
}

} // namespace darkroom::test
