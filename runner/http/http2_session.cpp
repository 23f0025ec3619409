#include "runner/http/http2_session.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

namespace darkroom::http {

namespace {

/// A stream's window for its request's body.
constexpr std::uint32_t stream_window = 1u << 20;
/// Frames in a row that bring nothing: PING, SETTINGS, PRIORITY, empty DATA and the like.
constexpr int idle_frames_max = 2000;
/// Streams that a client resets, less those that were answered.
constexpr int resets_max = 500;

std::string_view text_of(std::uint8_t const* bytes, std::size_t size) {
    return {reinterpret_cast<char const*>(bytes), size};
}

nghttp2_nv field(std::string_view name, std::string_view value) {
    auto const bytes = [](std::string_view text) {
        return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data())); // it only reads
    };
    return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

bool is_end_of_stream(nghttp2_frame const& frame) {
    bool const has_flag = frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_DATA;
    return has_flag && (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

/// Adds a field of a request's head. HTTP/1.1 has other places for those that begin with a colon.
void add_field(Request& request, std::string_view name, std::string_view value) {
    if (name == ":method") {
        request.method = value;
    } else if (name == ":path") {
        auto const question = value.find('?');
        request.path = value.substr(0, question);
        if (question != value.npos) request.query = value.substr(question + 1);
    } else if (name == ":authority") {
        request.headers.push_back({"host", std::string(value)});
    } else if (!name.starts_with(':')) {
        bool const is_again = name == "host" && find_header(request.headers, "host");
        if (!is_again) request.headers.push_back({std::string(name), std::string(value)});
    }
}

/// Frees nghttp2's objects that only a new session needs.
struct Setup {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_option* option = nullptr;
    Setup() {
        nghttp2_session_callbacks_new(&callbacks);
        nghttp2_option_new(&option);
    }
    Setup(Setup const&) = delete;
    Setup& operator=(Setup const&) = delete;
    ~Setup() {
        nghttp2_session_callbacks_del(callbacks);
        nghttp2_option_del(option);
    }
};

} // namespace

/// nghttp2's calls, which bring the session as `self`.
struct Http2Session::Callbacks {
    static Http2Session& of(void* self) { return *static_cast<Http2Session*>(self); }

    static int on_begin_frame(nghttp2_session*, nghttp2_frame_hd const* head, void* self) {
        auto& session = of(self);
        bool const brings = head->type == NGHTTP2_DATA && head->length > 0;
        session.idle_frames_ = brings ? 0 : session.idle_frames_ + 1;
        return 0;
    }

    static int on_begin_head(nghttp2_session* library, nghttp2_frame const* frame, void* self) {
        auto& session = of(self);
        bool const is_request = frame->headers.cat == NGHTTP2_HCAT_REQUEST;
        if (!is_request) return 0; // trailers
        auto const id = frame->hd.stream_id;
        if (session.listener_.has_room()) {
            session.streams_[id].incoming.stream = id;
        } else {
            nghttp2_submit_rst_stream(library, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
        }
        return 0;
    }

    static int on_field(nghttp2_session*, nghttp2_frame const* frame, std::uint8_t const* name,
                        std::size_t name_size, std::uint8_t const* value, std::size_t value_size,
                        std::uint8_t, void* self) {
        auto& session = of(self);
        auto* stream = session.find(frame->hd.stream_id);
        bool const is_request = frame->headers.cat == NGHTTP2_HCAT_REQUEST;
        if (stream == nullptr || !is_request) return 0;
        constexpr std::size_t overhead = 32; // as SETTINGS_MAX_HEADER_LIST_SIZE counts
        stream->head_bytes += name_size + value_size + overhead;
        auto& incoming = stream->incoming;
        if (stream->head_bytes > session.limits_.header_bytes)
            incoming.refusal = 431;
        else
            add_field(incoming.request, text_of(name, name_size), text_of(value, value_size));
        return 0;
    }

    static int on_frame(nghttp2_session* library, nghttp2_frame const* frame, void* self) {
        auto& session = of(self);
        if (frame->hd.type == NGHTTP2_RST_STREAM) ++session.resets_;
        auto* stream = session.find(frame->hd.stream_id);
        if (stream == nullptr) return 0;
        stream->is_complete = stream->is_complete || is_end_of_stream(*frame);
        if (stream->is_handed_out) return 0;
        bool const is_head = frame->hd.type == NGHTTP2_HEADERS;
        if (is_head) session.idle_frames_ = 0;
        if (stream->is_complete || (is_head && stream->incoming.refusal != 0)) {
            session.hand_out(*stream);
        } else if (is_head && stream->incoming.request.header("expect") == "100-continue") {
            auto const status = field(":status", "100");
            nghttp2_submit_headers(library, NGHTTP2_FLAG_NONE, frame->hd.stream_id, nullptr,
                                   &status, 1, nullptr);
        }
        return 0;
    }

    static int on_data(nghttp2_session* library, std::uint8_t, std::int32_t id,
                       std::uint8_t const* bytes, std::size_t size, void* self) {
        auto& session = of(self);
        nghttp2_session_consume_stream(library, id, size);
        auto* stream = session.find(id);
        bool const is_needed = stream != nullptr && !stream->is_handed_out;
        if (!is_needed) {
            session.release(size);
            return 0;
        }
        auto& body = stream->incoming.request.body;
        if (body.size() + size <= session.limits_.body_bytes) {
            body.append(text_of(bytes, size));
            return 0;
        }
        session.release(size + body.size());
        std::string().swap(body);
        stream->incoming.refusal = 413;
        session.hand_out(*stream);
        return 0;
    }

    static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t, void* self) {
        auto& session = of(self);
        auto* stream = session.find(id);
        if (stream == nullptr) return 0;
        session.end_answer(*stream);
        session.streams_.erase(id);
        return 0;
    }

    static ssize_t read_body(nghttp2_session*, std::int32_t id, std::uint8_t* to, std::size_t room,
                             std::uint32_t* flags, nghttp2_data_source*, void* self) {
        auto& session = of(self);
        auto* stream = session.find(id);
        if (stream == nullptr || stream->answer == nullptr)
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        auto& answer = *stream->answer;
        auto const size = std::min(room, answer.piece_.size());
        if (size == 0 && !answer.is_last_) return NGHTTP2_ERR_DEFERRED;
        if (size > 0) std::memcpy(to, answer.piece_.data(), size);
        answer.piece_.remove_prefix(size);
        session.idle_frames_ = 0; // the client makes room for it
        answer.is_whole_ = answer.piece_.empty() && answer.is_last_;
        if (answer.is_whole_) {
            *flags |= NGHTTP2_DATA_FLAG_EOF;
            session.note_answered();
        }
        if (answer.is_taken()) answer.on_taken();
        return static_cast<ssize_t>(size);
    }

    static void add_to(nghttp2_session_callbacks* callbacks) {
        nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, on_begin_frame);
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_head);
        nghttp2_session_callbacks_set_on_header_callback(callbacks, on_field);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    }
};

Http2Session::Http2Session(Http2Listener& listener, Http2Limits limits)
    : listener_(listener), limits_(limits) {
    Setup const setup;
    Callbacks::add_to(setup.callbacks);
    nghttp2_option_set_no_auto_window_update(setup.option, 1);
    nghttp2_option_set_no_closed_streams(setup.option, 1);
    nghttp2_session_server_new2(&session_, setup.callbacks, this, setup.option);
    auto const head_max = static_cast<std::uint32_t>(limits_.header_bytes);
    std::array<nghttp2_settings_entry, 3> const settings{{
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, streams_max},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, stream_window},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, head_max},
    }};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, held_bytes_max);
}

Http2Session::~Http2Session() { nghttp2_session_del(session_); }

bool Http2Session::feed(std::string_view bytes) {
    auto const* data = reinterpret_cast<std::uint8_t const*>(bytes.data());
    if (nghttp2_session_mem_recv(session_, data, bytes.size()) < 0) return false;
    if (idle_frames_ > idle_frames_max || resets_ > resets_max)
        nghttp2_session_terminate_session(session_, NGHTTP2_ENHANCE_YOUR_CALM);
    return true;
}

std::string_view Http2Session::output() {
    std::uint8_t const* bytes = nullptr;
    auto const size = nghttp2_session_mem_send(session_, &bytes);
    is_broken_ = is_broken_ || size < 0;
    return size < 0 ? std::string_view() : text_of(bytes, static_cast<std::size_t>(size));
}

bool Http2Session::is_over() const {
    return is_broken_ ||
           (nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0);
}

void Http2Session::say_goodbye() { nghttp2_session_terminate_session(session_, NGHTTP2_NO_ERROR); }

void Http2Session::lose() {
    for (auto& [id, stream] : std::exchange(streams_, {})) end_answer(stream);
}

Http2Session::Stream const* Http2Session::oldest_incomplete() const {
    auto const found = std::find_if(streams_.begin(), streams_.end(), [](auto const& each) {
        return !each.second.is_handed_out; // streams have numbers in the order of their begin
    });
    return found == streams_.end() ? nullptr : &found->second;
}

std::optional<Time> Http2Session::incomplete_since() const {
    auto const* oldest = oldest_incomplete();
    if (oldest == nullptr) return std::nullopt;
    return oldest->since;
}

void Http2Session::drop_oldest_incomplete() {
    auto const* oldest = oldest_incomplete();
    if (oldest == nullptr) return;
    auto const id = oldest->incoming.stream;
    drop(id);
    end_answer(streams_.at(id));
    streams_.erase(id);
}

Http2Session::Stream* Http2Session::find(std::int32_t stream) {
    auto const found = streams_.find(stream);
    return found == streams_.end() ? nullptr : &found->second;
}

void Http2Session::hand_out(Stream& stream) {
    stream.is_handed_out = true;
    listener_.on_request(std::exchange(stream.incoming, Http2Incoming()));
}

/// Notes that nothing more can be sent, and gives back the room of a body that nobody gets.
void Http2Session::end_answer(Stream& stream) {
    release(stream.incoming.request.body.size());
    auto* answer = std::exchange(stream.answer, nullptr);
    if (answer == nullptr) return;
    answer->is_gone_ = true;
    answer->on_taken();
}

bool Http2Session::begin(std::int32_t stream, int status, Headers const& fields,
                         Http2Answer& answer, bool has_body) {
    auto* found = find(stream);
    if (found == nullptr) return false;
    found->answer = &answer;
    auto const code = std::to_string(status);
    std::vector<nghttp2_nv> head{field(":status", code)};
    for (auto const& each : fields) head.push_back(field(each.name, each.value));
    nghttp2_data_provider source{};
    source.read_callback = Callbacks::read_body;
    if (!has_body) {
        answer.is_last_ = answer.is_whole_ = true;
        note_answered();
    }
    return nghttp2_submit_response(session_, stream, head.data(), head.size(),
                                   has_body ? &source : nullptr) == 0;
}

void Http2Session::give(std::int32_t stream, Http2Answer& answer, std::string_view piece,
                        bool is_last) {
    answer.piece_ = piece;
    answer.is_last_ = is_last;
    nghttp2_session_resume_data(session_, stream);
}

void Http2Session::drop(std::int32_t stream) {
    auto* found = find(stream);
    if (found == nullptr) return;
    auto const* answer = std::exchange(found->answer, nullptr);
    bool const is_whole = answer != nullptr && answer->is_whole_;
    if (is_whole && found->is_complete) return; // it ends by itself
    auto const code = is_whole ? NGHTTP2_NO_ERROR : NGHTTP2_INTERNAL_ERROR;
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream,
                              static_cast<std::uint32_t>(code));
}

void Http2Session::release(std::size_t bytes) {
    if (bytes > 0) nghttp2_session_consume_connection(session_, bytes);
}

} // namespace darkroom::http
