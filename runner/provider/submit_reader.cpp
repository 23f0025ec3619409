#include "runner/provider/submit_reader.hpp"

#include "runner/base/web_address.hpp"

#include <utility>

namespace darkroom::provider {

namespace {

constexpr std::size_t rest_max = net::LineSplitter::line_max;

bool is_shown_address(std::string_view url) {
    return url.starts_with("http") && url.size() <= url_bytes_max;
}

} // namespace

Result<net::LineSink::Flow> SubmitReader::on_line(std::string_view line) {
    if (take(line)) return answer_ || error_ ? Flow::enough : Flow::more;
    if (rest_.size() + line.size() + 1 > rest_max)
        return Error(net::Errc::line_too_long, "an answer that is no stream of events");
    rest_.append(line).append("\n");
    return Flow::more;
}

void SubmitReader::finish() {
    if (!rest_.empty() && !answer_ && !error_) take(std::exchange(rest_, std::string()));
}

bool SubmitReader::take(std::string_view text) {
    auto const value = read_service_json(text);
    if (!value) return false;
    auto event = wire_.read_event(*value, endpoint_);
    if (!event) return false;
    cut_lists(*event);
    if (!std::exchange(heard_service_, true) && on_heard_) on_heard_();
    if (!event->trace_id.empty()) trace_id_ = std::move(event->trace_id);
    if (task_id_.empty() && !event->task_id.empty()) {
        task_id_ = std::move(event->task_id);
        progress_.on_task(task_id_);
    }
    if (event->percent) progress_.on_percent(*event->percent);
    if (is_shown_address(event->preview)) progress_.on_preview(event->preview);
    answer_ = std::move(event->answer);
    error_ = std::move(event->error);
    return true;
}

} // namespace darkroom::provider
