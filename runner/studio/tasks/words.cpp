#include "runner/studio/tasks/words.hpp"

#include "runner/base/text.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace darkroom::studio {

namespace {

struct Entry {
    std::string_view chinese;
    std::string_view english;
};

/// The usual words of prompts: things, places, light, colours, styles.
constexpr std::array dictionary{
    Entry{"一", "one"},
    Entry{"一个", "a"},
    Entry{"一只", "a"},
    Entry{"一条", "a"},
    Entry{"一座", "a"},
    Entry{"一辆", "a"},
    Entry{"一位", "a"},
    Entry{"两", "two"},
    Entry{"三", "three"},
    Entry{"的", ""},
    Entry{"和", "and"},
    Entry{"与", "and"},
    Entry{"在", "in"},
    Entry{"上", "on"},
    Entry{"下", "under"},
    Entry{"里", "inside"},
    Entry{"中", "in"},
    Entry{"旁边", "beside"},
    Entry{"后", "after"},
    Entry{"前", "before"},
    Entry{"大", "big"},
    Entry{"小", "small"},
    Entry{"新", "new"},
    Entry{"老", "old"},
    Entry{"古老", "ancient"},
    Entry{"美丽", "beautiful"},
    Entry{"可爱", "cute"},
    Entry{"安静", "quiet"},
    Entry{"神秘", "mysterious"},
    Entry{"未来", "future"},
    Entry{"未来主义", "futuristic"},
    Entry{"猫", "cat"},
    Entry{"狗", "dog"},
    Entry{"鸟", "bird"},
    Entry{"鱼", "fish"},
    Entry{"马", "horse"},
    Entry{"熊", "bear"},
    Entry{"老虎", "tiger"},
    Entry{"狮子", "lion"},
    Entry{"龙", "dragon"},
    Entry{"兔子", "rabbit"},
    Entry{"狐狸", "fox"},
    Entry{"人", "person"},
    Entry{"男人", "man"},
    Entry{"女人", "woman"},
    Entry{"女孩", "girl"},
    Entry{"男孩", "boy"},
    Entry{"孩子", "child"},
    Entry{"老人", "old man"},
    Entry{"花", "flower"},
    Entry{"树", "tree"},
    Entry{"森林", "forest"},
    Entry{"草", "grass"},
    Entry{"山", "mountain"},
    Entry{"河", "river"},
    Entry{"湖", "lake"},
    Entry{"海", "sea"},
    Entry{"海滩", "beach"},
    Entry{"海洋", "ocean"},
    Entry{"岛", "island"},
    Entry{"火山", "volcano"},
    Entry{"沙漠", "desert"},
    Entry{"天空", "sky"},
    Entry{"云", "cloud"},
    Entry{"雨", "rain"},
    Entry{"雨后", "after the rain"},
    Entry{"雪", "snow"},
    Entry{"风", "wind"},
    Entry{"雾", "fog"},
    Entry{"太阳", "sun"},
    Entry{"月亮", "moon"},
    Entry{"月球", "the moon"},
    Entry{"星", "star"},
    Entry{"星星", "stars"},
    Entry{"星空", "starry sky"},
    Entry{"日落", "sunset"},
    Entry{"日出", "sunrise"},
    Entry{"早晨", "morning"},
    Entry{"黄昏", "dusk"},
    Entry{"夜", "night"},
    Entry{"夜晚", "night"},
    Entry{"春天", "spring"},
    Entry{"夏天", "summer"},
    Entry{"秋天", "autumn"},
    Entry{"冬天", "winter"},
    Entry{"城市", "city"},
    Entry{"街道", "street"},
    Entry{"小巷", "alley"},
    Entry{"房子", "house"},
    Entry{"房间", "room"},
    Entry{"城堡", "castle"},
    Entry{"塔", "tower"},
    Entry{"灯塔", "lighthouse"},
    Entry{"桥", "bridge"},
    Entry{"路", "road"},
    Entry{"公路", "highway"},
    Entry{"花园", "garden"},
    Entry{"窗", "window"},
    Entry{"门", "door"},
    Entry{"桌子", "table"},
    Entry{"椅子", "chair"},
    Entry{"茶", "tea"},
    Entry{"茶壶", "teapot"},
    Entry{"书", "book"},
    Entry{"船", "boat"},
    Entry{"汽车", "car"},
    Entry{"车", "car"},
    Entry{"兰博基尼", "Lamborghini"},
    Entry{"火车", "train"},
    Entry{"飞机", "airplane"},
    Entry{"机器人", "robot"},
    Entry{"灯笼", "lantern"},
    Entry{"灯", "lamp"},
    Entry{"光", "light"},
    Entry{"火", "fire"},
    Entry{"水", "water"},
    Entry{"冰", "ice"},
    Entry{"金", "gold"},
    Entry{"银", "silver"},
    Entry{"石头", "stone"},
    Entry{"玻璃", "glass"},
    Entry{"红", "red"},
    Entry{"红色", "red"},
    Entry{"蓝", "blue"},
    Entry{"蓝色", "blue"},
    Entry{"绿", "green"},
    Entry{"绿色", "green"},
    Entry{"黄", "yellow"},
    Entry{"黄色", "yellow"},
    Entry{"白", "white"},
    Entry{"白色", "white"},
    Entry{"黑", "black"},
    Entry{"黑色", "black"},
    Entry{"紫色", "purple"},
    Entry{"橙色", "orange"},
    Entry{"粉色", "pink"},
    Entry{"水彩", "watercolour"},
    Entry{"油画", "oil painting"},
    Entry{"画", "painting"},
    Entry{"照片", "photograph"},
    Entry{"插画", "illustration"},
    Entry{"风格", "style"},
    Entry{"风景", "landscape"},
    Entry{"肖像", "portrait"},
    Entry{"飞驰", "speeding"},
    Entry{"飞", "flying"},
    Entry{"跑", "running"},
    Entry{"坐", "sitting"},
    Entry{"睡觉", "sleeping"},
    Entry{"跳舞", "dancing"},
    Entry{",", ","},
    Entry{"。", "."},
    Entry{"、", ","},
};

constexpr std::array<std::string_view, 44> empty_words{
    "a",     "an",   "the",   "and",  "or",     "of",    "in",     "on",     "at",
    "to",    "by",   "for",   "with", "from",   "into",  "is",     "are",    "was",
    "be",    "it",   "its",   "this", "that",   "these", "those",  "very",   "really",
    "quite", "some", "there", "as",   "which",  "who",   "please", "i",      "want",
    "you",   "me",   "my",    "make", "create", "draw",  "image",  "picture"};

/// Returns the number of bytes of the character that begins here.
std::size_t character_size(char first) {
    auto const lead = static_cast<unsigned char>(first);
    if (lead < 0x80) return 1;
    if (lead < 0xe0) return 2;
    return lead < 0xf0 ? 3 : 4;
}

/// Returns the longest entry that the text begins with, or null.
Entry const* entry_at(std::string_view text) {
    Entry const* best = nullptr;
    for (auto const& entry : dictionary) {
        bool const longer = best == nullptr || entry.chinese.size() > best->chinese.size();
        if (longer && text.starts_with(entry.chinese)) best = &entry;
    }
    return best;
}

void add_word(std::string& text, std::string_view word) {
    bool const mark = word == "," || word == ".";
    bool const apart = !text.empty() && text.back() != ' ' && !word.empty() && !mark;
    if (apart) text += ' ';
    text += word;
}

std::string join_words(std::vector<std::string> const& words, std::string const& arguments) {
    auto text = join(words, " ");
    if (!arguments.empty()) text += (text.empty() ? "" : " ") + arguments;
    return text;
}

/// Returns the `count` longest words, in their order.
std::vector<std::string> longest(std::vector<std::string> const& words, std::size_t count) {
    std::vector<std::size_t> order(words.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) {
        return words[x].size() > words[y].size();
    });
    order.resize(std::min(count, order.size()));
    std::sort(order.begin(), order.end());
    std::vector<std::string> kept;
    for (auto const index : order) kept.push_back(words[index]);
    return kept;
}

/// Returns a word in lower case without punctuation, for comparisons.
std::string bare(std::string_view word) {
    constexpr std::string_view marks = ".,;:!?\"'()";
    auto const first = word.find_first_not_of(marks);
    if (first == std::string_view::npos) return {};
    return to_lower(word.substr(first, word.find_last_not_of(marks) - first + 1));
}

std::vector<std::string> telling_words(std::string_view text) {
    std::vector<std::string> words;
    std::set<std::string> seen;
    for (auto const word : split(text, ' ')) {
        auto const name = bare(word);
        bool const empty =
            std::find(empty_words.begin(), empty_words.end(), name) != empty_words.end();
        if (!name.empty() && !empty && seen.insert(name).second) words.push_back(name);
    }
    return words;
}

} // namespace

Translated translate(std::string_view text) {
    Translated result;
    bool translated = false; // the piece before
    while (!text.empty()) {
        auto const* entry = entry_at(text);
        auto const size = entry ? entry->chinese.size() : character_size(text.front());
        auto const piece = text.substr(0, size);
        if (entry != nullptr) {
            add_word(result.text, entry->english);
        } else {
            if (piece.size() > 2) ++result.left;
            if (translated && piece != " " && piece != "," && piece != ".") result.text += ' ';
            result.text += piece;
        }
        translated = entry != nullptr;
        text.remove_prefix(std::min(size, text.size()));
    }
    return result;
}

std::vector<std::string> shorten(std::string_view prompt) {
    auto const dashes = prompt.find(" --");
    auto const arguments =
        dashes == std::string_view::npos ? std::string() : std::string(trim(prompt.substr(dashes)));
    auto const words = telling_words(prompt.substr(0, dashes));
    auto const n = words.size();
    std::vector<std::string> prompts;
    for (auto const count : {n, (n * 3 + 3) / 4, (n + 1) / 2, (n + 2) / 3, (n + 3) / 4}) {
        auto const kept = longest(words, count);
        auto text = join_words(kept, prompts.size() < 2 ? arguments : std::string());
        bool const there = std::find(prompts.begin(), prompts.end(), text) != prompts.end();
        if (!there && !text.empty()) prompts.push_back(std::move(text));
    }
    return prompts;
}

} // namespace darkroom::studio
