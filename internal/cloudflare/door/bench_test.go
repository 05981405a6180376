package door_test

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// crowd is how many clients ask at once, and batch how many requests each sends
// before it is the other Worker's turn.
const crowd, batch = 8, 50

// warm is how many batches go before: the runtime compiles a module's functions
// anew, and well, only after some thousand calls.
const warm = 25

// BenchmarkWorker measures requests through the Worker to the origin beside the
// same through rival.mjs, in turns on one runtime's version and one machine: what
// counts is "of-rival".
func BenchmarkWorker(b *testing.B) {
	l := newLab(b, nil, nil)
	r := newRival(b, l)
	token := "Authorization: Bearer " + l.issuer.token(b, time.Now())
	made, err := l.made("POST", "/v1/sessions", `{"issuer":"https://edge.example/","subject":"bob"}`)
	if err != nil {
		b.Fatal(err)
	}
	own, err := l.made("POST", "/v1/tokens", `{"subject":"carol"}`)
	if err != nil {
		b.Fatal(err)
	}
	login, err := ask(fresh, "POST", r.url+"login", "")
	if err != nil {
		b.Fatal(err)
	}
	cookie, _, _ := strings.Cut(login.Header.Get("Set-Cookie"), ";")
	for _, row := range []struct{ name, ours, theirs string }{
		{"RS256", token, token},
		{"session", "Cookie: " + made["cookie"], "Cookie: " + cookie},
		{"own token beside RS256", "Authorization: Bearer " + own["access_token"], token},
	} {
		b.Run(row.name, func(b *testing.B) {
			var ours, theirs []float64
			for range warm {
				rate(b, l.url, row.ours)
				rate(b, r.url, row.theirs)
			}
			oursCPU, theirsCPU := l.cpu(b), r.cpu(b)
			for b.Loop() {
				ours, theirs = append(ours, rate(b, l.url, row.ours)), append(theirs, rate(b, r.url, row.theirs))
			}
			requests := float64(len(ours) * crowd * batch)
			ratios := make([]float64, len(ours))
			for i := range ours {
				ratios[i] = ours[i] / theirs[i]
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(ours), "req/s")
			b.ReportMetric(median(theirs), "rival-req/s")
			b.ReportMetric(median(ratios), "of-rival")
			b.ReportMetric(float64((l.cpu(b)-oursCPU).Microseconds())/requests, "cpu-µs/req")
			b.ReportMetric(float64((r.cpu(b)-theirsCPU).Microseconds())/requests, "rival-cpu-µs/req")
		})
	}
}

// cpu is the processor time that workerd has used, its own and the system's; 0
// where there is no /proc to ask.
func (r *workerd) cpu(b *testing.B) (used time.Duration) {
	b.Helper()
	processes, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range processes {
		data, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(data), ") ") // behind the name, which may hold spaces
		fields := strings.Fields(rest)
		if len(fields) < 13 || fields[1] != strconv.Itoa(r.cmd.Process.Pid) {
			continue
		}
		for _, ticks := range fields[11:13] {
			n, err := strconv.ParseInt(ticks, 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			used += time.Duration(n) * time.Second / ticksPerSecond
		}
	}
	return used
}

// ticksPerSecond is USER_HZ, which Linux shows the world on every machine.
const ticksPerSecond = 100

// BenchmarkColdStart measures the first request of an isolate, and of the next
// one, in a runtime that was just started.
func BenchmarkColdStart(b *testing.B) {
	l := newLab(b, nil, nil)
	r := newRival(b, l)
	var first, second, theirs []float64
	for b.Loop() {
		at := start(b, l.options)
		first, second = append(first, millis(b, at.url+"public/x")), append(second, millis(b, at.url+"public/x"))
		at.stop()
		at = start(b, r.options)
		theirs = append(theirs, millis(b, at.url+"public/x"))
		at.stop()
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(first), "first-ms")
	b.ReportMetric(median(second), "second-ms")
	b.ReportMetric(median(theirs), "rival-first-ms")
	b.ReportMetric(packed(b, l.options["folder"].(string)), "gzip-kB")
	b.ReportMetric(packed(b, r.options["folder"].(string)), "rival-gzip-kB")
}

// newRival deploys what the Worker is measured beside, for the same issuer and
// origin.
func newRival(b *testing.B, l *lab) *workerd {
	b.Helper()
	folder := modules(b, parts+"/rival.mjs")
	if err := os.CopyFS(filepath.Join(folder, "jose"), os.DirFS(parts+"/node_modules/jose/dist/webapi")); err != nil {
		b.Fatal(err)
	}
	names := []string{"rival.mjs"}
	err := filepath.WalkDir(filepath.Join(folder, "jose"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".js") {
			name, _ := filepath.Rel(folder, path)
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return start(b, map[string]any{
		"folder": folder, "modules": names, "kv": []string{"EDGEWARD_KV"},
		"bindings": map[string]string{"ORIGIN": l.origin.URL, "JWKS": l.issuer.URL + "/jwks", "ISSUER": l.issuer.URL, "AUDIENCE": audience},
	})
}

var keepAlive = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: crowd}}

// rate has a crowd send a batch each and returns requests a second.
func rate(b *testing.B, url, field string) float64 {
	began := time.Now()
	var clients sync.WaitGroup
	for range crowd {
		clients.Go(func() {
			for range batch {
				if a, err := ask(keepAlive, "GET", url+"api/x", "", field); err != nil || a.StatusCode != 200 {
					b.Errorf("%v %s", err, a.body)
				}
			}
		})
	}
	clients.Wait()
	return crowd * batch / time.Since(began).Seconds()
}

// millis is how long a request takes.
func millis(b *testing.B, url string) float64 {
	began := time.Now()
	if _, err := ask(fresh, "GET", url, ""); err != nil {
		b.Fatal(err)
	}
	return float64(time.Since(began).Microseconds()) / 1000
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// packed is the size of a deployment in kB, as the platform counts it.
func packed(b *testing.B, folder string) float64 {
	var size bytes.Buffer
	w, _ := gzip.NewWriterLevel(&size, gzip.BestCompression)
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains([]string{".mjs", ".js", ".wasm", ".json"}, filepath.Ext(path)) {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return float64(size.Len()) / 1000
}
