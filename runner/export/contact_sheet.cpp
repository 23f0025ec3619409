#include "runner/export/contact_sheet.hpp"

#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <cctype>

namespace darkroom::exports {

namespace {

constexpr int pictures_max = 500; // on a page

constexpr auto head = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="script-src 'none'">
<title>Contact sheet</title>
<style>
body { font: 14px/1.4 system-ui, sans-serif; margin: 1em; background: #fafafa; color: #222; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(220px, 1fr)); gap: 1em; }
figure { margin: 0; }
img, video { width: 100%; height: 220px; object-fit: contain; background: #eee; }
figcaption { overflow-wrap: anywhere; }
small { color: #555; }
@media (prefers-color-scheme: dark) {
body { background: #181818; color: #ddd; } img, video { background: #222; } small { color: #aaa; }
}
</style></head><body><main>
)";

std::string page_name(int number) {
    return number == 1 ? "contact-sheet.html" : fmt::format("contact-sheet-{}.html", number);
}

std::string navigation(int page, bool has_next) {
    std::string text;
    if (page > 1) text += fmt::format("<a href=\"{}\">Previous page</a> ", page_name(page - 1));
    if (has_next) text += fmt::format("<a href=\"{}\">Next page</a>", page_name(page + 1));
    return text.empty() ? text : "<nav>" + text + "</nav>\n";
}

class Folder : public FormatWriter {
public:
    Folder(OutputDirectory& out, Options const& options) : out_(out), options_(options) {}

    std::string listing_of(Sample const& sample) const override { return figure_of(sample); }

    Result<Placed> add(Sample const& sample) override {
        auto placed = Placed::copied;
        if (sample.bytes) {
            TRY(out_.write(sample.file_name(), *sample.bytes));
        } else {
            TRY_ASSIGN(placed, out_.place(sample.file_name(), sample.file, options_));
        }
        if (placed == Placed::wrong) return placed;
        if (!sample.caption.empty()) {
            TRY(out_.write(sample.name + ".txt", sample.caption + "\n"));
        }
        TRY(show(sample));
        return placed;
    }

    Result<> finish() override {
        if (!sheet_.is_open()) {
            TRY(begin_page());
        }
        return end_page(false);
    }

private:
    Result<> begin_page() {
        ++page_;
        pictures_ = 0;
        TRY_ASSIGN(sheet_, out_.create());
        return sheet_.write(head);
    }

    Result<> end_page(bool has_next) {
        TRY(sheet_.write("</main>\n" + navigation(page_, has_next) + "</body></html>\n"));
        TRY(out_.commit(std::move(sheet_), page_name(page_)));
        sheet_ = OutputFile();
        return {};
    }

    Result<> show(Sample const& sample) {
        if (sheet_.is_open() && pictures_ == pictures_max) {
            TRY(end_page(true));
        }
        if (!sheet_.is_open()) {
            TRY(begin_page());
        }
        ++pictures_;
        return sheet_.write(sample.listing.empty() ? listing_of(sample) : sample.listing);
    }

    OutputDirectory& out_;
    Options const& options_;
    OutputFile sheet_;
    int page_ = 0;
    int pictures_ = 0;
};

} // namespace

std::string html_text(std::string_view text) {
    std::string out;
    for (auto const c : mended_utf8(text)) {
        switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        case '\'': out += "&#39;"; break;
        default: out += c;
        }
    }
    return out;
}

std::string link_to(std::string_view name) {
    std::string out = "./";
    for (auto const c : name) {
        auto const byte = static_cast<unsigned char>(c);
        bool const is_plain =
            byte < 0x80 && (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.');
        out += is_plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
    }
    return out;
}

std::string figure_of(Sample const& sample) {
    auto const link = link_to(sample.file_name());
    auto const& row = sample.row;
    auto const text = row.prompt.empty() ? row.root_prompt : row.prompt;
    auto const picture =
        row.kind == "video"
            ? fmt::format("<video controls preload=\"none\" src=\"{}\"></video>", link)
            : fmt::format("<a href=\"{}\"><img loading=\"lazy\" src=\"{}\" alt=\"{}\"></a>", link,
                          link, html_text(text));
    auto place = fmt::format("{}/{}", row.job, row.item);
    if (row.repeat > 0) place += fmt::format("#{}", row.repeat + 1);
    if (!row.path.empty()) place += " " + row.path;
    if (row.tile > 0) place += fmt::format(" {}", row.tile);
    return fmt::format("<figure>{}<figcaption>{}<br><small>{}</small></figcaption></figure>\n",
                       picture, html_text(text), html_text(place));
}

std::unique_ptr<FormatWriter> make_folder(OutputDirectory& out, Options const& options) {
    return std::make_unique<Folder>(out, options);
}

} // namespace darkroom::exports
