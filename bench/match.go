package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// A match measures contenders with the same tokens, the ceiling first.
type match struct {
	title      string
	tokens     string // file with a token a line
	contenders []contender
}

// warmUp is how many seconds each contender runs before it counts: enough to
// see every token.
const warmUp = 4

// play warms every contender up, measures them in turns and returns the table.
func (l *lab) play(m match, rounds, seconds int) (string, error) {
	for _, c := range m.contenders {
		if err := l.check(c, m.tokens); err != nil {
			return "", err
		}
		if _, err := l.measure(c, m.tokens, warmUp); err != nil {
			return "", err
		}
	}
	rates := make([][]float64, len(m.contenders))
	for round := range rounds {
		log.Printf("%s: round %d of %d", m.title, round+1, rounds)
		for i, c := range m.contenders {
			rate, err := l.measure(c, m.tokens, seconds)
			if err != nil {
				return "", err
			}
			rates[i] = append(rates[i], rate)
		}
	}
	return m.table(rates), nil
}

// table is a comparison in which the ceiling comes first.
func (m match) table(rates [][]float64) string {
	names := make([]string, len(m.contenders))
	for i, c := range m.contenders {
		names[i] = c.name
	}
	return compare(m.title, "requests/s", "of the ceiling", names, rates)
}

// compare shows for each row the median of its values, and of its ratios to the
// first row of the same round with their range.
func compare(title, unit, ratio string, names []string, values [][]float64) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	fmt.Fprintf(w, "%s\t%s\t%s\t(range)\n", title, unit, ratio)
	for i, name := range names {
		ratios := make([]float64, len(values[i]))
		for round, value := range values[i] {
			ratios[round] = value / values[0][round]
		}
		fmt.Fprintf(w, "%s\t%.0f\t%.2f\t(%.2f–%.2f)\n", name, median(values[i]), median(ratios), slices.Min(ratios), slices.Max(ratios))
	}
	w.Flush()
	return b.String()
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

var (
	ratePattern    = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)
	refusedPattern = regexp.MustCompile(`Non-2xx or 3xx responses: .*|(connect|read|write) [1-9].*`)
)

// measure returns how many requests a second wrk gets answered with 2xx. Any
// other answer is an error: a refusal is cheaper than what is measured.
func (l *lab) measure(c contender, tokens string, seconds int) (float64, error) {
	cmd := exec.CommandContext(l.ctx, "taskset", "-c", loadCore, "wrk", "-t1", "-c64", "-d"+strconv.Itoa(seconds)+"s", "-s", l.file("tokens.lua"), c.url)
	cmd.Env = append(os.Environ(), "TOKENS="+tokens)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	if refused := refusedPattern.Find(out); refused != nil {
		return 0, fmt.Errorf("%s: %s", c.name, refused)
	}
	found := ratePattern.FindSubmatch(out)
	if found == nil {
		return 0, fmt.Errorf("wrk said no rate:\n%s", out)
	}
	return strconv.ParseFloat(string(found[1]), 64)
}
