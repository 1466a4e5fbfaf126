// Goal: LCS gives the reference's choice among the longest subsequences, and its runs.
// Method: random strings against the textbook table walked back with the reference's rule; lengths on both sides of
// the 64-bit words that the rows consist of. The same kinds of strings were compared with valkey-server 9.1.2.
#include "values/lcs.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "../seed.h"

namespace values {
namespace {

struct Pairing {
  std::string text;
  std::vector<std::pair<size_t, size_t>> pairs;  // the last first
};

Pairing model(const std::string& a, const std::string& b) {
  std::vector<std::vector<int>> table(a.size() + 1, std::vector<int>(b.size() + 1));
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      table[i][j] = a[i - 1] == b[j - 1] ? table[i - 1][j - 1] + 1 : std::max(table[i - 1][j], table[i][j - 1]);
    }
  }
  Pairing out;
  for (size_t i = a.size(), j = b.size(); i > 0 && j > 0;) {
    if (a[i - 1] == b[j - 1]) {
      out.pairs.emplace_back(--i, --j);
      out.text.insert(out.text.begin(), a[i]);
    } else if (table[i - 1][j] > table[i][j - 1]) {
      --i;
    } else {
      --j;
    }
  }
  return out;
}

// The pairs that the runs stand for, in the same order.
std::vector<std::pair<size_t, size_t>> spell_out(const std::vector<LcsMatch>& matches) {
  std::vector<std::pair<size_t, size_t>> out;
  for (const LcsMatch& match : matches) {
    EXPECT_EQ(match.a.size(), match.b.size());
    for (size_t i = match.a.size(); i-- > 0;) out.emplace_back(match.a.begin + i, match.b.begin + i);
  }
  return out;
}

std::string draw(std::mt19937_64& random, size_t letters) {
  constexpr size_t kSizes[] = {0, 1, 63, 64, 65, 127, 128, 129, 192, 300};
  std::string out(random() % 3 == 0 ? kSizes[random() % std::size(kSizes)] : random() % 40, '\0');
  for (char& c : out) c = static_cast<char>('a' + random() % letters);
  return out;
}

TEST(Lcs, MatchesTheModel) {
  TRACE_SEED();
  std::mt19937_64 random(test_seed());
  for (int i = 0; i < 5'000; ++i) {
    const size_t letters = 1 + random() % 26;
    const std::string a = draw(random, letters);
    const std::string b = draw(random, letters);
    const Pairing expected = model(a, b);
    ASSERT_EQ(lcs_text(a, b), expected.text) << a << " " << b;
    ASSERT_EQ(lcs_length(a, b), expected.text.size()) << a << " " << b;
    const std::optional<LcsMatches> all = lcs_matches(a, b, 0);
    ASSERT_TRUE(all.has_value());
    ASSERT_EQ(all->length, expected.text.size());
    ASSERT_EQ(spell_out(all->matches), expected.pairs) << a << " " << b;
    for (size_t m = 1; m < all->matches.size(); ++m) {  // runs are as long as they can be
      const LcsMatch& later = all->matches[m - 1];
      const LcsMatch& earlier = all->matches[m];
      ASSERT_FALSE(earlier.a.end == later.a.begin && earlier.b.end == later.b.begin);
    }
  }
}

TEST(Lcs, LeavesOutShortRuns) {
  const std::optional<LcsMatches> found = lcs_matches("ohmytext", "mynewtext", 4);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->length, 6u);
  ASSERT_EQ(found->matches.size(), 1u);
  EXPECT_EQ(found->matches[0].a, (Range{4, 8}));
  EXPECT_EQ(found->matches[0].b, (Range{5, 9}));
  EXPECT_EQ(lcs_matches("ohmytext", "mynewtext", 2)->matches.size(), 2u);
  EXPECT_EQ(lcs_matches("ohmytext", "mynewtext", 5)->matches.size(), 0u);
}

TEST(Lcs, TakesAllBytes) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(lcs_text(all, all), all);
  EXPECT_EQ(lcs_length(all, std::string(all.rbegin(), all.rend())), 1u);
}

TEST(Lcs, MeasuresTheReferencesTable) {
  EXPECT_EQ(lcs_table_bytes(0, 0), 4u);
  EXPECT_EQ(lcs_table_bytes(511, 511), 1'048'576u);  // allowed with proto-max-bulk-len 1mb; one byte more is not
  EXPECT_EQ(lcs_table_bytes(131072, 1), 1'048'584u);
  EXPECT_EQ(lcs_table_bytes(UINT64_MAX, 1), std::nullopt);
  EXPECT_EQ(lcs_table_bytes(1ull << 32, 1ull << 32), std::nullopt);
  EXPECT_EQ(lcs_table_bytes((1ull << 31) - 1, (1ull << 31) - 1), std::nullopt);
  EXPECT_EQ(lcs_table_bytes((1ull << 31) - 1, (1ull << 30) - 1), 1ull << 63);
}

}  // namespace
}  // namespace values
