// The text of a line of manifest.jsonl and of failed.jsonl.
#pragma once

#include "runner/engine/manifest_row.hpp"
#include "runner/store/journal_reader.hpp"

#include <map>
#include <string>
#include <string_view>

namespace darkroom::store {

/// Returns the line of an image, without the newline. `saved` is an ImageSaved event, `state` the
/// step after it.
std::string manifest_line(engine::Event const& saved, engine::StepState const& state);
/// Makes the lines of images that were saved earlier, with what their steps have cost since.
class LineMaker {
public:
    /// Errors: of the journal.
    static Result<LineMaker> open(JournalReader& journal);

    /// Returns the line of an image, without the newline.
    std::string line(ImageRecord const& image) const;
    /// Returns what the step was charged besides its finished attempt.
    jobs::Micros charged_again(Digest const& step) const;
    bool has_charged_again() const { return !again_.empty(); }

private:
    std::map<Digest, jobs::Micros> again_; // of the few steps that were
};

/// Returns the line of a step that was given up, without the newline.
std::string failed_line(engine::FailedRow row);

/// Returns the step's key in a line of the manifest, read from its fixed position; "" when the line
/// does not begin and end like one of manifest_line().
std::string_view key_of_line(std::string_view line);

} // namespace darkroom::store
