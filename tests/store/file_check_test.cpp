// Listed files against the disk: what is damaged is found, and moved without being lost.
#include "runner/store/file_check.hpp"

#include "runner/store/error.hpp"
#include "runner/store/part_note.hpp"
#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;

namespace fs = std::filesystem;

namespace {

struct CheckFixture {
    CheckFixture() { fs::create_directories(directory / "images"); }

    void put(std::string const& name, std::string const& content) const {
        std::ofstream(directory / name, std::ios::binary) << content;
    }
    std::string content(std::string const& name) const {
        std::ifstream file(directory / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    static ListedFile listed(std::string const& name, std::string const& content) {
        ListedFile file;
        file.image = {step_number(1), 0};
        file.file = name;
        file.bytes = content.size();
        Sha256 hash;
        hash.update(content);
        file.sha256 = to_hex(hash.finish());
        return file;
    }
    FileState state_of(ListedFile const& file) const {
        return check_file(directory.path(), file).state;
    }

    TempDirectory directory;
};

std::string const key(64, 'a');

} // namespace

BOOST_FIXTURE_TEST_SUITE(file_check, CheckFixture)

BOOST_AUTO_TEST_CASE(a_line_lists_a_file_or_none) {
    struct Row {
        std::string line;
        std::string file;
        int tile;
        bool is_further_name;
    };
    Row const rows[] = {
        {"", "", 0, false},
        {"{", "", 0, false},
        {"[]", "", 0, false},
        {R"({"key":"KEY","file":null})", "", 0, false},
        {R"({"key":"zz","file":"a.png"})", "", 0, false},
        {R"({"key":"KEY","file":"a.png","tile":null,"kind":"image"})", "a.png", 0, false},
        {R"({"key":"KEY","file":"a.png","tile":3,"kind":"image"})", "a.png", 3, false},
        {R"({"key":"KEY","file":"a.mp4","tile":1,"kind":"video"})", "a.mp4", 0, false},
        {R"({"key":"KEY","file":"a.mp4","tile":null,"kind":"video"})", "a.mp4", 0, false},
        {R"({"key":"KEY","file":"a.png","same_as":"b.png"})", "a.png", 0, true},
        {R"({"key":"KEY","file":"a.png","same_as":null})", "a.png", 0, false},
    };
    for (auto const& row : rows) {
        auto line = row.line;
        if (auto const at = line.find("KEY"); at != line.npos) line.replace(at, 3, key);
        auto const listed = listed_file_in(line);
        BOOST_TEST((listed ? listed->file : "") == row.file, line);
        if (!listed) continue;
        BOOST_TEST(listed->image.tile == row.tile, line);
        BOOST_TEST(listed->is_further_name == row.is_further_name, line);
    }
}

BOOST_AUTO_TEST_CASE(the_lines_of_a_manifest_are_walked_and_one_that_is_not_whole_is_left_out) {
    put("manifest.jsonl", R"({"key":")" + key + R"(","file":"a.png"})" + "\n{}\n" + R"({"key":")" +
                              key + R"(","file":"b.png"})" + "\n" + R"({"key":")" + key +
                              R"(","file":"c.png"})");
    std::string files;
    must(for_each_listed_file(directory / "manifest.jsonl", [&files](ListedFile const& listed) {
        files += listed.file;
        return Result<>();
    }));
    BOOST_TEST(files == "a.pngb.png");
}

BOOST_AUTO_TEST_CASE(files_are_good_missing_damaged_or_unreadable) {
    auto const file = listed("images/a.png", "a picture");
    BOOST_TEST((state_of(file) == FileState::missing));
    put("images/a.png", "a picture");
    BOOST_TEST((state_of(file) == FileState::good));
    put("images/a.png", "a pictura");
    BOOST_TEST((state_of(file) == FileState::damaged));
    put("images/a.png", "a pict");
    BOOST_TEST(check_file(directory.path(), file).why == "it has 6 bytes instead of 9");
    put("images/a.png", "");
    BOOST_TEST((state_of(file) == FileState::damaged));
    fs::remove(directory / "images/a.png");
    fs::create_directory(directory / "images/a.png");
    BOOST_TEST((state_of(file) == FileState::unreadable));
    BOOST_TEST((state_of(listed("none/a.png", "")) == FileState::missing));
    BOOST_TEST((state_of(listed("../a.png", "")) != FileState::good));
}

BOOST_AUTO_TEST_CASE(a_damaged_file_is_moved_with_a_note_and_never_over_another) {
    auto const file = listed("images/a.png", "a picture");
    std::string const first = "parts/" + to_hex(step_number(1)) + "-0.1.part";
    std::string const second = "parts/" + to_hex(step_number(1)) + "-0.2.part";
    put("images/a.png", "damaged");
    BOOST_TEST(must(set_aside(directory.path(), file)) == first);
    BOOST_TEST(content(first) == "damaged");
    BOOST_TEST(!fs::exists(directory / "images/a.png"));
    auto const note = read_note(directory / first);
    BOOST_REQUIRE(note.has_value());
    BOOST_TEST(note->refused == "damaged");
    BOOST_TEST(note->bytes == 7U);
    put("images/a.png", "again");
    BOOST_TEST(must(set_aside(directory.path(), file)) == second);
    BOOST_TEST(content(first) == "damaged");
    BOOST_TEST(content(second) == "again");
}

BOOST_AUTO_TEST_CASE(what_is_moved_is_kept_by_the_start_of_a_run) {
    auto const file = listed("images/a.png", "a picture");
    put("images/a.png", "damaged");
    auto const kept = must(set_aside(directory.path(), file));
    auto parts =
        must(must(Directory::open(directory.path())).below("parts", Directory::Missing::is_error));
    BOOST_TEST(must(tidy_parts(parts)).parts.size() == 1U);
    BOOST_TEST(content(kept) == "damaged");
}

BOOST_AUTO_TEST_CASE(a_further_name_is_only_removed_while_another_has_the_bytes) {
    auto file = listed("images/b.png", "a picture");
    file.is_further_name = true;
    put("images/a.png", "damaged");
    fs::create_hard_link(directory / "images/a.png", directory / "images/b.png");
    BOOST_TEST(must(set_aside(directory.path(), file)) == "");
    BOOST_TEST(!fs::exists(directory / "images/b.png"));
    BOOST_TEST(content("images/a.png") == "damaged");
    put("images/b.png", "the only one");
    auto const kept = must(set_aside(directory.path(), file));
    BOOST_TEST(content(kept) == "the only one");
}

BOOST_AUTO_TEST_CASE(a_file_behind_a_link_is_read_and_never_moved) {
    auto const file = listed("images/a.png", "a picture");
    put("elsewhere", "a picture");
    fs::create_symlink(directory / "elsewhere", directory / "images/a.png");
    auto const finding = check_file(directory.path(), file);
    BOOST_TEST((finding.state == FileState::good));
    BOOST_TEST(finding.is_behind_link);
    BOOST_TEST((set_aside(directory.path(), file).error().code == Errc::not_ours));
    BOOST_TEST(fs::exists(directory / "images/a.png"));
}

BOOST_AUTO_TEST_SUITE_END()
