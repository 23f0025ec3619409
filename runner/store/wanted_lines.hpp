// The lines of the manifest that a plan wants.
#pragma once

#include "runner/store/journal_reader.hpp"
#include "runner/store/manifest_index.hpp"
#include "runner/store/manifest_line.hpp"
#include "runner/store/planned_items.hpp"
#include "runner/store/repeat_links.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace darkroom::store {

/// Reads lines of manifest.jsonl and of unwanted.jsonl.
class OldLines {
public:
    static Result<OldLines> open(RunFolder const& folder);

    File const& manifest() const { return *manifest_; }
    /// Returns a line, valid until the next call.
    Result<std::string_view> read(ListedLine const& line);

private:
    std::unique_ptr<File> manifest_ = std::make_unique<File>(); // the readers refer to them
    std::unique_ptr<File> unwanted_ = std::make_unique<File>();
    LinesAt in_manifest_{*manifest_};
    LinesAt in_unwanted_{*unwanted_};
};

/// Walks through the plan and gives the lines that it wants.
class WantedLines {
public:
    /// Says which lines are given: all, or only those of repeats that have none yet.
    enum class Which { all, missing_repeats };
    /// Takes a line. `from`: the line as it is now; null for a new one.
    using Put = std::function<Result<>(std::string const& line, ListedLine const* from,
                                       std::string_view old_text)>;

    /// Reads the first `bytes` bytes of manifest.jsonl. Both must outlive the result.
    static Result<WantedLines> open(RunFolder const& folder, std::uint64_t bytes,
                                    PlanOfLines const& plan);

    /// Returns false when it was stopped.
    Result<bool> walk(Which which, Put put);

    ManifestIndex const& index() const { return parts_.index; }
    File const& manifest() const { return parts_.lines.manifest(); }
    /// Returns a line that no item wants, with every column.
    Result<std::string> unwanted_line(ListedLine const& listed);

private:
    struct Parts {
        JournalReader journal;
        ManifestIndex index;
        OldLines lines;
        LineMaker maker;
    };

    WantedLines(RunFolder const& folder, PlanOfLines const& plan, Parts parts);
    Result<> take(jobs::Step const& step);
    Result<> list(jobs::Step const& step, StepLines lines);
    void put_picked(LineColumns& line) const;
    Result<> put_first(ListedLine const& listed, bool is_one_of_several);
    Result<> put_repeat(jobs::Step const& step, ListedLine const& image, ListedLine& repeat);
    Result<> put_new_repeat(jobs::Step const& step, ListedLine const& image);
    Result<std::string> cost_of(LineColumns const& line, bool is_one_of_several);
    Result<std::string> name_for(jobs::Step const& step, LineColumns const& first);
    std::string repeat_line(LineColumns line, LineColumns const& first) const;

    PlanOfLines const* plan_;
    Parts parts_;
    RepeatLinks links_;
    Which which_ = Which::all;
    Put put_;
    ItemColumns const* columns_ = nullptr; // of the present item
    jobs::Step const* step_ = nullptr;     // the present one
};

} // namespace darkroom::store
