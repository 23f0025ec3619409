#include "runner/store/file_name.hpp"

#include "runner/base/text.hpp"
#include "runner/store/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

namespace darkroom::store {

namespace {

constexpr std::size_t layout_bytes_max = 1024;
constexpr std::size_t component_bytes_max = 200; // most file systems take 255: room for suffixes
constexpr int width_max = 20;

// In the order of Layout::Field, which begins with plain text.
constexpr std::array<std::string_view, 10> field_names{
    "job", "item", "repeat", "path", "image_id", "action", "tile", "key", "variable", "ext"};

// Names at the top of a run directory that are not for images.
constexpr std::array<std::string_view, 8> reserved{
    "parts",          "run.lock",       "journal.db",   "journal.db-wal",
    "journal.db-shm", "manifest.jsonl", "failed.jsonl", "gallery.html"};

// Names that Windows gives to devices, whatever the extension.
constexpr std::array<std::string_view, 6> devices{"con", "prn", "aux", "nul", "com", "lpt"};

bool is_hostile(char c) {
    auto const byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f ||
           std::string_view("<>:\"/\\|?*").find(c) != std::string::npos;
}

std::string without_hostile(std::string text) {
    std::replace_if(text.begin(), text.end(), is_hostile, '-');
    return text;
}

bool is_device(std::string_view component) {
    auto const stem = to_lower(component.substr(0, component.find('.')));
    bool const numbered = stem.size() == 4 && stem[3] >= '0' && stem[3] <= '9';
    auto const base = numbered ? stem.substr(0, 3) : stem;
    auto const found = std::find(devices.begin(), devices.end(), base);
    if (found == devices.end()) return false;
    bool const port = *found == "com" || *found == "lpt";
    return port == numbered;
}

/// At most `limit` bytes, cut between two characters.
std::string cut(std::string text, std::size_t limit) {
    if (text.size() <= limit) return text;
    while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0) == 0x80) --limit;
    text.resize(limit);
    return text;
}

int tile_of(engine::ImageOrder const& order) {
    return engine::shown_tile(order.info, order.answer, order.tile);
}

std::string path_of(engine::StepInfo const& info) {
    if (!info.path.empty()) return info.path;
    auto const own = jobs::endpoint_of(info.action).action; // of a job of another kind
    return own.empty() ? "generate" : std::string(own);
}

/// A text has no id of its own: it is told by its image's, or by what else is its alone.
std::string image_of(engine::ImageOrder const& order) {
    constexpr std::size_t digits_enough = 16;
    if (!order.answer.image_id.empty()) return order.answer.image_id;
    if (!order.info.parent_image_id.empty()) return order.info.parent_image_id;
    return to_hex(order.step).substr(0, digits_enough);
}

std::string component_of(std::string_view raw) {
    std::string text = cut(without_hostile(std::string(raw)), component_bytes_max);
    while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.pop_back();
    if (text.empty()) return "_";
    if (text.front() == '.' || is_device(text)) return "_" + text;
    return text;
}

} // namespace

/// Reads a layout from left to right.
class LayoutParser {
public:
    explicit LayoutParser(std::string_view text) : text_(text) {}

    Result<Layout> parse() {
        if (text_.size() > layout_bytes_max)
            return fail(fmt::format("longer than {} bytes", layout_bytes_max));
        while (at_ < text_.size()) {
            auto done = take_one();
            if (done.has_error()) return done.error();
        }
        end_text();
        auto& parts = layout_.parts_;
        if (!parts.empty() && parts.back().field == Layout::Field::ext) parts.pop_back();
        if (parts.empty()) return fail("names nothing");
        return std::move(layout_);
    }

private:
    Error fail(std::string const& why) const {
        return {Errc::bad_layout, fmt::format("output.layout '{}', column {}: {}",
                                              text_.substr(0, 200), at_ + 1, why)};
    }

    Result<> take_one() {
        auto const rest = text_.substr(at_);
        if (rest.starts_with("{{") || rest.starts_with("}}")) {
            plain_ += rest[0];
            at_ += 2;
            return {};
        }
        if (rest[0] == '}') return fail("'}' without '{'; write '}}' for a brace");
        if (rest[0] == '{') return take_field(rest);
        if (static_cast<unsigned char>(rest[0]) < 0x20) return fail("a control character");
        if (at_ == 0 || text_[at_ - 1] == '/') {
            auto checked = check_component(rest);
            if (checked.has_error()) return checked;
        }
        plain_ += rest[0];
        ++at_;
        return {};
    }

    Result<> check_component(std::string_view rest) const {
        if (rest[0] == '/')
            return fail(at_ == 0 ? "must be relative to the run directory" : "an empty component");
        auto const component = rest.substr(0, rest.find('/'));
        if (component == "." || component == "..") return fail("'.' and '..' are not allowed");
        return {};
    }

    Result<> take_field(std::string_view rest) {
        auto const end = rest.find('}');
        if (end == rest.npos) return fail("'{' without '}'");
        auto const inside = rest.substr(1, end - 1);
        auto const colon = inside.find(':');
        auto const name = inside.substr(0, colon);
        auto const argument = colon == inside.npos ? "" : inside.substr(colon + 1);
        auto const found = std::find(field_names.begin(), field_names.end(), name);
        if (found == field_names.end())
            return fail(fmt::format("unknown field '{}'{}", name, did_you_mean(name, field_names)));
        end_text();
        Layout::Part part;
        part.field = static_cast<Layout::Field>(found - field_names.begin() + 1);
        auto set = set_argument(part, argument, colon != inside.npos);
        if (set.has_error()) return set;
        if (part.field == Layout::Field::tile) layout_.has_tile_ = true;
        layout_.parts_.push_back(std::move(part));
        at_ += end + 1;
        return {};
    }

    Result<> set_argument(Layout::Part& part, std::string_view argument, bool given) const {
        using Field = Layout::Field;
        if (part.field == Field::variable) {
            if (argument.empty()) return fail("which variable? write {variable:NAME}");
            part.text = argument;
            return {};
        }
        if (!given) return {};
        if (part.field != Field::item && part.field != Field::repeat)
            return fail("only item and repeat take a width");
        auto const [end, ec] =
            std::from_chars(argument.data(), argument.data() + argument.size(), part.width);
        bool const whole = ec == std::errc() && end == argument.data() + argument.size();
        if (!whole || part.width < 1 || part.width > width_max)
            return fail(fmt::format("a width is a number up to {}, as in {{item:06}}", width_max));
        return {};
    }

    void end_text() {
        if (!plain_.empty()) layout_.parts_.push_back({Layout::Field::text, plain_, 0});
        plain_.clear();
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string plain_;
    Layout layout_;
};

Result<Layout> Layout::parse(std::string_view text) { return LayoutParser(text).parse(); }

std::string Layout::value_of(Part const& part, engine::ImageOrder const& order) {
    auto const& info = order.info;
    switch (part.field) {
    case Field::text: return part.text;
    case Field::job: return info.job;
    case Field::item: return fmt::format("{:0{}}", info.item, part.width);
    case Field::repeat: return fmt::format("{:0{}}", info.repeat, part.width);
    case Field::path: return path_of(info);
    case Field::image_id: return image_of(order);
    case Field::action: return info.action;
    case Field::tile: return tile_of(order) == 0 ? "" : std::to_string(tile_of(order));
    case Field::key: return to_hex(order.step);
    case Field::ext: return "";
    case Field::variable: break;
    }
    for (auto const& [name, value] : info.variables) {
        if (name == part.text) return value;
    }
    return "";
}

std::string Layout::name(engine::ImageOrder const& order, std::string_view format, int copy) const {
    std::string raw;
    for (auto const& part : parts_) {
        // Only the layout's own slashes make directories.
        auto value = value_of(part, order);
        raw += part.field == Field::text ? value : without_hostile(std::move(value));
    }
    std::vector<std::string> components;
    for (auto const component : split(raw, '/')) components.push_back(component_of(component));
    if (std::find(reserved.begin(), reserved.end(), components.front()) != reserved.end())
        components.front() = "_" + components.front();
    std::string file = join(components, "/");
    bool const is_video = kind_of_result(order.info) == "video";
    if (tile_of(order) != 0 && !has_tile_)
        file += fmt::format("-{}{}", is_video ? "video" : "tile", tile_of(order));
    if (copy > 1) file += fmt::format("-{}", copy);
    return file + extension_of(format);
}

std::string extension_of(std::string_view format) {
    if (format == "jpeg") return ".jpg";
    return fmt::format(".{}", format);
}

} // namespace darkroom::store
