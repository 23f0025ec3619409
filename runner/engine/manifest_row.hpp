// The rows of manifest.jsonl and failed.jsonl: one field a column. Pure. docs/run-directory.md
// lists the keys.
#pragma once

#include "runner/engine/event.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::engine {

/// Stored in each line: raised only when a reader of the old lines would misread the new ones.
inline constexpr int manifest_schema = 1;

/// One saved image, video or text. A text that is empty, a size of 0 and a time of 0 are not known.
struct ManifestRow {
    Digest key{}; ///< The step that made it.
    std::string job;
    std::uint64_t item = 0;
    int repeat = 0;
    std::string path;
    std::string kind;                  ///< "image", "video" or "text".
    int tile = 0;                      ///< As people see it, see shown_tile(); 0: the whole image.
    std::optional<std::string> result; ///< The text itself, where the step makes one.
    jobs::Variables variables;
    json::Value drawn = {}; ///< See jobs::Item::drawn.
    std::string prompt;
    std::string root_prompt; ///< The prompt of the first generation above.
    std::string action;
    std::string mode;
    std::string parent_image_id;
    std::string task_id;
    std::string trace_id;
    std::string image_id;
    std::vector<std::string> actions; ///< Those that the image offers.
    std::string url;
    std::string file;    ///< Relative to the run directory.
    std::string same_as; ///< The file of the first item with the same request; "" for the first.
    int width = 0;
    int height = 0;
    std::string format;
    std::uint64_t bytes = 0; ///< Not known without a file.
    std::string sha256;
    std::string account;
    int attempts = 0;      ///< The successful one included.
    jobs::Micros cost = 0; ///< All charges of the step; 0 on all but one of its images.
    WallTime submitted_at{};
    WallTime generated_at{};
    WallTime downloaded_at{};
};

/// Returns the prompt of the first generation above, or the step's own; "" where it is not known.
std::string const& root_prompt_of(StepInfo const& info);
/// `saved` is an ImageSaved event, `state` the step after it.
ManifestRow manifest_row_of(Event const& saved, StepState const& state);
/// Returns what the image's line says of the cost, as JSON: the charges of the whole step for the
/// image that was saved first, nothing for the others.
std::string cost_text(StepState const& state, int tile);
/// Returns variables as they are written in a line.
std::string variables_text(jobs::Variables const& variables);
/// Returns what was drawn as it is written in a line.
std::string drawn_text(json::Value const& drawn);
/// Returns an amount as it is written in a line.
std::string money_text(jobs::Micros amount);
/// Returns the object of a manifest line: every column in its place, null where it is not known.
json::Value to_json(ManifestRow row);

/// One step that was given up, with its last failure.
struct FailedRow {
    Digest key{};
    std::string job;
    std::uint64_t item = 0;
    int repeat = 0;
    std::string path;
    std::string action;
    std::string prompt;
    Problem problem;     ///< Columns class, code, message and trace_id.
    std::string task_id; ///< The task of the failure, or else of the step.
    int attempts = 0;
    WallTime at{};        ///< The time of the last fact.
    bool is_paid = false; ///< Only an image is missing. Not a column.
};

/// `state` is the step after its last failure, at `at`.
FailedRow failed_row_of(Digest const& key, StepState const& state, WallTime at);
/// Returns the object of a line of failed.jsonl: every column in its place, null where it is not
/// known.
json::Value to_json(FailedRow row);

} // namespace darkroom::engine
