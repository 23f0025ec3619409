// The answer to a paid request, line by line.
#pragma once

#include "runner/net/line_splitter.hpp"
#include "runner/provider/service_wire.hpp"

#include <functional>
#include <optional>
#include <string>

namespace darkroom::provider {

/// Reports progress as it comes and keeps the last event. A plain JSON answer, on one line or
/// printed over many, is understood as well.
class SubmitReader : public net::LineSink {
public:
    /// `endpoint`: where the request was sent. The other two outlive the reader.
    SubmitReader(engine::ProgressSink& progress, ServiceWire const& wire, std::string endpoint)
        : progress_(progress), wire_(wire), endpoint_(std::move(endpoint)) {}

    /// Sets what is called with the first line of the service's own shape.
    void when_heard(std::function<void()> call) { on_heard_ = std::move(call); }

    Result<Flow> on_line(std::string_view line) override;
    /// Ends the answer: what was no line of a stream may be one JSON text together.
    void finish();

    std::string const& task_id() const { return task_id_; }
    std::string const& trace_id() const { return trace_id_; }
    std::optional<engine::Answer> const& answer() const { return answer_; }
    std::optional<ServiceError> const& error() const { return error_; }
    /// Returns true when at least one line was of the service's own shape.
    bool heard_service() const { return heard_service_; }

private:
    bool take(std::string_view text);

    engine::ProgressSink& progress_;
    ServiceWire const& wire_;
    std::string endpoint_;
    std::function<void()> on_heard_;
    std::string task_id_;
    std::string trace_id_;
    std::optional<engine::Answer> answer_;
    std::optional<ServiceError> error_;
    std::string rest_; // lines that are no events
    bool heard_service_ = false;
};

} // namespace darkroom::provider
