// Frames of HTTP/2, written byte by byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace darkroom::test::frames {

enum FrameType : char {
    data = 0,
    headers = 1,
    rst_stream = 3,
    settings = 4,
    ping = 6,
    goaway = 7,
    window_update = 8,
    continuation = 9
};
constexpr char end_stream = 1;
constexpr char end_headers = 4;
constexpr std::string_view ok = "\x88"; // ":status: 200" of HPACK's static table

inline std::string number(std::uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
    return bytes;
}

inline std::string frame(FrameType type, char flags, std::uint32_t stream,
                         std::string_view payload) {
    auto bytes = number(static_cast<std::uint32_t>(payload.size())).substr(1);
    bytes += type;
    bytes += flags;
    return bytes.append(number(stream)).append(payload);
}

inline std::string setting(std::uint16_t name, std::uint32_t value) {
    return number(name).substr(2) + number(value);
}
inline std::string hello(std::string const& settings_list = "") {
    return frame(settings, 0, 0, settings_list);
}
inline std::string head(std::uint32_t stream, std::string_view fields = ok, char flags = 0) {
    return frame(headers, static_cast<char>(end_headers | flags), stream, fields);
}
inline std::string body(std::uint32_t stream, std::string_view text, char flags = 0) {
    return frame(data, flags, stream, text);
}
inline std::string reset_of(std::uint32_t stream, std::uint32_t code) {
    return frame(rst_stream, 0, stream, number(code));
}
inline std::string goodbye(std::uint32_t last_stream, std::uint32_t code = 0) {
    return frame(goaway, 0, 0, number(last_stream) + number(code));
}
/// Room for so many bytes more: of a stream, or with 0 of the connection.
inline std::string room_for(std::uint32_t stream, std::uint32_t bytes) {
    return frame(window_update, 0, stream, number(bytes));
}
/// A field that stays out of HPACK's tables; name and value have fewer than 127 bytes.
inline std::string field(std::string_view name, std::string_view value) {
    std::string bytes(1, '\0');
    bytes.append(1, static_cast<char>(name.size())).append(name);
    return bytes.append(1, static_cast<char>(value.size())).append(value);
}

constexpr std::uint16_t initial_window = 4;   // a setting
constexpr std::uint32_t first_window = 65535; // of a stream and of a connection
constexpr std::uint32_t internal_error = 2;   // a code
constexpr std::uint32_t refused_stream = 7;   // a code
constexpr std::uint32_t first = 1;            // the client's streams have odd numbers
constexpr std::uint32_t second = 3;

} // namespace darkroom::test::frames
