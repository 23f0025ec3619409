#include "runner/net/http2_session.hpp"

#include "runner/base/number.hpp"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace darkroom::net {

namespace {

/// A stream's window: a picture arrives without waiting for words from here.
constexpr std::int32_t stream_window = 1 << 20;
/// The connection's window. What arrives is used at once, so it bounds no memory.
constexpr std::int32_t connection_window = 16 << 20;
/// Frames in a row that bring nothing: PING, SETTINGS, PRIORITY, empty DATA and the like.
constexpr int idle_frames_max = 2000;
constexpr std::uint32_t streams_assumed = 100; // until the server has said its limit

Error broken(std::string_view doing, int code) {
    return {Errc::bad_answer, fmt::format("HTTP/2, {}: {}", doing, nghttp2_strerror(code))};
}

nghttp2_nv field(std::string_view name, std::string_view value) {
    auto const bytes = [](std::string_view text) {
        return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data())); // it only reads
    };
    return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

std::string_view text_of(std::uint8_t const* bytes, std::size_t size) {
    return {reinterpret_cast<char const*>(bytes), size};
}

bool ends_stream(nghttp2_frame const& frame) {
    bool const has_flag = frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_DATA;
    return has_flag && (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
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
    static Http2Stream* stream_of(void* self, std::int32_t id) {
        auto& streams = static_cast<Http2Session*>(self)->streams_;
        auto const found = streams.find(id);
        return found == streams.end() ? nullptr : found->second;
    }

    static void note_last(Http2Session& session, Http2Stream& stream, std::int32_t id) {
        stream.last_at_ = session.made_;
        session.leaving_.push_back(id);
    }

    static int before_frame_send(nghttp2_session*, nghttp2_frame const* frame, void* self) {
        auto* stream = stream_of(self, frame->hd.stream_id);
        if (stream == nullptr || frame->hd.type != NGHTTP2_HEADERS) return 0;
        auto& session = *static_cast<Http2Session*>(self);
        stream->first_at_ = session.made_;
        if (ends_stream(*frame)) note_last(session, *stream, frame->hd.stream_id);
        stream->is_held_back_ = !stream->on_leaving();
        return 0;
    }

    static ssize_t read_body(nghttp2_session*, std::int32_t id, std::uint8_t* to, std::size_t room,
                             std::uint32_t* flags, nghttp2_data_source*, void* self) {
        auto* stream = stream_of(self, id);
        if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; // forgotten
        if (stream->is_held_back_) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        auto& body = stream->body_;
        auto const size = std::min(room, body.size() - stream->body_at_);
        std::memcpy(to, body.data() + stream->body_at_, size);
        stream->body_at_ += size;
        auto& session = *static_cast<Http2Session*>(self);
        session.idle_frames_ = 0; // the server makes room for it
        if (stream->body_at_ < body.size()) return static_cast<ssize_t>(size);
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        note_last(session, *stream, id);
        std::string().swap(body); // a stream waits for minutes
        stream->body_at_ = 0;
        return static_cast<ssize_t>(size);
    }

    static int on_begin_frame(nghttp2_session*, nghttp2_frame_hd const* head, void* self) {
        auto& idle = static_cast<Http2Session*>(self)->idle_frames_;
        bool const brings = head->type == NGHTTP2_DATA && head->length > 0;
        idle = brings ? 0 : idle + 1;
        return idle > idle_frames_max ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
    }

    static int on_header(nghttp2_session*, nghttp2_frame const* frame, std::uint8_t const* name,
                         std::size_t name_size, std::uint8_t const* value, std::size_t value_size,
                         std::uint8_t, void* self) {
        auto* stream = stream_of(self, frame->hd.stream_id);
        if (stream == nullptr || stream->is_answered_) return 0; // a trailer says nothing to us
        auto& head = stream->head_;
        if (head.fields.size() + name_size + value_size > ResponseParser::head_max) {
            stream->is_head_too_long_ = true;
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        }
        auto const key = text_of(name, name_size);
        auto const text = text_of(value, value_size);
        if (key == ":status") {
            head.status = parse_whole<int>(text).value_or(0);
            // nghttp2 takes "020" for a final answer, whose body would come without a head.
            if (head.status < 100) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        } else if (!key.starts_with(':')) {
            head.fields.append(key).append(": ").append(text).append("\r\n");
        }
        return 0;
    }

    static int on_frame(nghttp2_session*, nghttp2_frame const* frame, void* self) {
        auto& session = *static_cast<Http2Session*>(self);
        if (frame->hd.type == NGHTTP2_SETTINGS) session.is_greeted_ = true;
        if (frame->hd.type == NGHTTP2_GOAWAY) {
            session.is_closing_ = true;
            session.note_code(frame->goaway.error_code);
        }
        auto* stream = stream_of(self, frame->hd.stream_id);
        if (stream == nullptr) return 0;
        if (frame->hd.type == NGHTTP2_HEADERS && !stream->is_answered_) {
            auto head = std::exchange(stream->head_, ResponseHead());
            stream->is_answered_ = head.status >= 200;
            session.idle_frames_ = 0;
            if (stream->is_answered_) stream->on_head(std::move(head));
        }
        stream->is_whole_ = stream->is_whole_ || ends_stream(*frame);
        return 0;
    }

    static int on_data(nghttp2_session*, std::uint8_t, std::int32_t id, std::uint8_t const* bytes,
                       std::size_t size, void* self) {
        auto* stream = stream_of(self, id);
        if (stream != nullptr && size > 0) stream->on_body(text_of(bytes, size));
        return 0;
    }

    static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t code, void* self) {
        auto& session = *static_cast<Http2Session*>(self);
        auto* stream = stream_of(self, id);
        if (stream == nullptr) return 0;
        session.note_code(code);
        session.streams_.erase(id);
        if (stream->is_whole_) {
            stream->on_end(StreamEnd::whole, Error());
        } else if (stream->is_head_too_long_) {
            stream->on_end(StreamEnd::broken, Error(Errc::head_too_large, ""));
        } else {
            bool const refused = code == NGHTTP2_REFUSED_STREAM && !stream->is_answered_;
            auto const why = fmt::format("HTTP/2 {}", nghttp2_http2_strerror(code));
            stream->on_end(refused ? StreamEnd::refused : StreamEnd::broken,
                           Error(refused ? Errc::request_refused : Errc::closed, why));
        }
        return 0;
    }

    static void add_to(nghttp2_session_callbacks* callbacks) {
        nghttp2_session_callbacks_set_before_frame_send_callback(callbacks, before_frame_send);
        nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, on_begin_frame);
        nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    }
};

Http2Session::Http2Session() {
    Setup const setup;
    Callbacks::add_to(setup.callbacks);
    nghttp2_option_set_peer_max_concurrent_streams(setup.option, streams_assumed);
    nghttp2_option_set_no_closed_streams(setup.option, 1);
    nghttp2_session_client_new2(&session_, setup.callbacks, this, setup.option);
    std::array<nghttp2_settings_entry, 3> const settings{{
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, stream_window},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, ResponseParser::head_max},
    }};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, connection_window);
}

Http2Session::~Http2Session() { nghttp2_session_del(session_); }

bool Http2Session::has_room() const {
    auto const theirs =
        nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    return !is_closing_ && nghttp2_session_check_request_allowed(session_) != 0 &&
           streams_.size() < std::min<std::size_t>(theirs, streams_max);
}

bool Http2Session::is_over() const {
    return nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
}

Result<std::int32_t> Http2Session::submit(Http2Request request, Http2Stream& stream) {
    std::vector<nghttp2_nv> head{field(":method", request.method), field(":scheme", request.scheme),
                                 field(":authority", request.authority),
                                 field(":path", request.path)};
    for (auto const& [name, value] : request.fields) head.push_back(field(name, value));
    nghttp2_data_provider source{};
    source.read_callback = Callbacks::read_body;
    bool const has_body = !request.body.empty();
    stream.body_ = std::move(request.body);
    auto const id = nghttp2_submit_request(session_, nullptr, head.data(), head.size(),
                                           has_body ? &source : nullptr, nullptr);
    if (id < 0) return broken("a request", id);
    streams_.emplace(id, &stream);
    return id;
}

void Http2Session::forget(std::int32_t id) {
    if (streams_.erase(id) == 0) return;
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
}

void Http2Session::ping() { nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr); }

void Http2Session::note_code(std::uint32_t code) {
    is_broken_ = is_broken_ || code == NGHTTP2_HTTP_1_1_REQUIRED;
}

Result<> Http2Session::feed(std::string_view bytes) {
    auto const* data = reinterpret_cast<std::uint8_t const*>(bytes.data());
    auto const used = nghttp2_session_mem_recv(session_, data, bytes.size());
    if (used >= 0) return {};
    is_broken_ = true;
    return broken("what the server sends", static_cast<int>(used));
}

Result<std::string_view> Http2Session::output() {
    std::uint8_t const* bytes = nullptr;
    auto const size = nghttp2_session_mem_send(session_, &bytes);
    if (size < 0) return broken("what is sent", static_cast<int>(size));
    made_ += static_cast<std::uint64_t>(size);
    return text_of(bytes, static_cast<std::size_t>(size));
}

void Http2Session::note_accepted(std::uint64_t bytes) {
    accepted_ = bytes;
    std::erase_if(leaving_, [this](std::int32_t id) {
        auto const found = streams_.find(id);
        if (found == streams_.end()) return true;
        bool const is_sent = found->second->last_at_ < accepted_;
        if (is_sent) found->second->on_sent();
        return is_sent;
    });
}

void Http2Session::lose(Error const& error) {
    auto const lost = std::exchange(streams_, {});
    // A complaint about what the server broke may still wait to be sent.
    for (std::uint8_t const* ignored = nullptr; nghttp2_session_mem_send(session_, &ignored) > 0;) {
    }
    is_broken_ = is_broken();
    is_lost_ = is_closing_ = true;
    for (auto const& [id, stream] : lost) {
        if (stream->is_whole_)
            stream->on_end(StreamEnd::whole, Error());
        else
            stream->on_end(StreamEnd::broken, error);
    }
}

Sent Http2Session::sent(Http2Stream const& stream) const {
    auto const leaves = is_lost_ ? accepted_ : made_;
    if (stream.last_at_ < leaves) return Sent::wholly;
    return stream.first_at_ < leaves ? Sent::partly : Sent::none;
}

} // namespace darkroom::net
