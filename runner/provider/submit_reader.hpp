// The answer to a paid request, line by line.
#pragma once

#include "runner/net/line_splitter.hpp"
#include "runner/provider/wire.hpp"

#include <optional>
#include <string>

namespace darkroom::provider {

/// Tells of progress as it comes and keeps the last word. A plain JSON answer, on one line or
/// printed over many, is understood as well.
class SubmitReader : public net::LineSink {
public:
    /// `text`: see read_event().
    explicit SubmitReader(engine::ProgressSink& progress, std::string_view text = "")
        : progress_(progress), text_(text) {}

    Result<Flow> on_line(std::string_view line) override;
    /// The answer has ended: what was no line of a stream may be one JSON text together.
    void finish();

    std::string const& task_id() const { return task_id_; }
    std::string const& trace_id() const { return trace_id_; }
    std::optional<engine::Answer> const& answer() const { return answer_; }
    std::optional<ServiceError> const& error() const { return error_; }
    /// Whether at least one line was of the service's own shape.
    bool heard_service() const { return heard_service_; }

private:
    bool take(std::string_view text);

    engine::ProgressSink& progress_;
    std::string_view text_;
    std::string task_id_;
    std::string trace_id_;
    std::optional<engine::Answer> answer_;
    std::optional<ServiceError> error_;
    std::string rest_; // lines that are no events
    bool heard_service_ = false;
};

} // namespace darkroom::provider
