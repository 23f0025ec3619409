#include "jobs/model/layout.hpp"

#include "runner/base/number.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace darkroom::jobs {

namespace {

constexpr std::size_t layout_bytes_max = 1024;
constexpr int width_max = 20;

// In the order of LayoutField, which begins with plain text.
constexpr std::array<std::string_view, 10> field_names{
    "job", "item", "repeat", "path", "image_id", "action", "tile", "key", "variable", "ext"};

/// Reads a layout from left to right, up to the first fault.
class LayoutReader {
public:
    explicit LayoutReader(std::string_view text) : text_(text) {}

    LayoutParts read() {
        if (text_.size() > layout_bytes_max)
            fail(fmt::format("is longer than {} bytes", layout_bytes_max));
        while (at_ < text_.size() && !layout_.fault) take_one();
        end_text();
        auto& parts = layout_.parts;
        if (!parts.empty() && parts.back().field == LayoutField::ext) parts.pop_back();
        if (parts.empty() && !layout_.fault) fail("names nothing");
        return std::move(layout_);
    }

private:
    void fail(std::string why) { layout_.fault = {at_, std::move(why)}; }

    void take_one() {
        auto const rest = text_.substr(at_);
        if (rest.starts_with("{{") || rest.starts_with("}}")) {
            take_plain(rest[0], 2);
            return;
        }
        if (rest[0] == '{') return take_field(rest);
        if (rest[0] == '}') return fail("has a '}' that closes nothing; write '}}' for a brace");
        if (static_cast<unsigned char>(rest[0]) < 0x20) return fail("has a control character");
        if (at_ == 0 || text_[at_ - 1] == '/') check_component(rest);
        take_plain(rest[0], 1);
    }

    void take_plain(char c, std::size_t written) {
        if (layout_.fault) return;
        if (plain_.empty()) plain_at_ = at_;
        plain_ += c;
        at_ += written;
    }

    void check_component(std::string_view rest) {
        if (rest[0] == '/')
            return fail(at_ == 0 ? "needs a path below the run directory, not an absolute one"
                                 : "has a directory without a name");
        auto const component = rest.substr(0, rest.find('/'));
        if (component == "." || component == "..")
            fail("needs a path below the run directory, without '.' and '..'");
    }

    void take_field(std::string_view rest) {
        auto const end = rest.find('}');
        if (end == rest.npos) return fail("has a '{' that is never closed");
        auto const inside = rest.substr(1, end - 1);
        auto const colon = inside.find(':');
        auto const name = inside.substr(0, colon);
        auto const found = std::find(field_names.begin(), field_names.end(), name);
        if (found == field_names.end())
            return fail(fmt::format("has no field '{}'{}", name, did_you_mean(name, field_names)));
        end_text();
        LayoutPart part;
        part.field = static_cast<LayoutField>(found - field_names.begin() + 1);
        part.offset = at_;
        if (colon != inside.npos || part.field == LayoutField::variable)
            set_argument(part, colon == inside.npos ? "" : inside.substr(colon + 1));
        if (layout_.fault) return;
        layout_.parts.push_back(std::move(part));
        at_ += end + 1;
    }

    void set_argument(LayoutPart& part, std::string_view argument) {
        if (part.field == LayoutField::variable) {
            if (argument.empty()) fail("names no variable: write {variable:NAME}");
            part.text = argument;
            return;
        }
        if (part.field != LayoutField::item && part.field != LayoutField::repeat)
            return fail(fmt::format("gives '{}' a width: only item and repeat take one",
                                    field_names[static_cast<std::size_t>(part.field) - 1]));
        auto const width = parse_whole<int>(argument);
        if (!width || *width < 1 || *width > width_max)
            return fail(fmt::format("needs a number from 1 to {} for a width, as in {{item:06}}, "
                                    "not '{}'",
                                    width_max, argument));
        part.width = *width;
    }

    void end_text() {
        if (!plain_.empty())
            layout_.parts.push_back({LayoutField::text, std::move(plain_), 0, plain_at_});
        plain_.clear();
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string plain_;
    std::size_t plain_at_ = 0;
    LayoutParts layout_;
};

} // namespace

LayoutParts read_layout(std::string_view text) { return LayoutReader(text).read(); }

} // namespace darkroom::jobs
