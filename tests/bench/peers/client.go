// A plain client in Go: net/http, one goroutine for each open task.
//
//	client URL PEM TASKS OPEN RATE DIRECTORY
//
// A task is one request, read to the end of its stream, and the download of its picture into a
// file, with its SHA-256.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

type event struct {
	URL string `json:"raw_image_url"`
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	must(err)
	return value
}

// generate sends one request and returns the link of its picture.
func generate(client *http.Client, url string, task int) string {
	prompt := fmt.Sprintf("boat %d", task)
	body, err := json.Marshal(map[string]any{"action": "generate", "prompt": prompt})
	must(err)
	request, err := http.NewRequest("POST", url+"/midjourney/imagine", bytes.NewReader(body))
	must(err)
	request.Header.Set("Authorization", "Bearer bench")
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/x-ndjson")
	answer, err := client.Do(request)
	must(err)
	defer answer.Body.Close()
	var last event
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(make([]byte, 0, 4096), 1<<20)
	for lines.Scan() {
		must(json.Unmarshal(lines.Bytes(), &last))
	}
	must(lines.Err())
	return last.URL
}

func download(client *http.Client, url, path string) {
	answer, err := client.Get(url)
	must(err)
	defer answer.Body.Close()
	file, err := os.Create(path)
	must(err)
	digest := sha256.New()
	_, err = io.Copy(io.MultiWriter(file, digest), answer.Body)
	must(err)
	digest.Sum(nil)
	must(file.Close())
}

func main() {
	url, pem, directory := os.Args[1], os.Args[2], os.Args[6]
	tasks, open, rate := number(os.Args[3]), number(os.Args[4]), number(os.Args[5])
	roots := x509.NewCertPool()
	text, err := os.ReadFile(pem)
	must(err)
	roots.AppendCertsFromPEM(text)
	trust := &tls.Config{RootCAs: roots, ClientSessionCache: tls.NewLRUClientSessionCache(0)}
	client := &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: open,
		TLSClientConfig:     trust,
	}}
	numbers := make(chan int)
	var done sync.WaitGroup
	for i := 0; i < open; i++ {
		done.Add(1)
		go func() {
			defer done.Done()
			for task := range numbers {
				link := generate(client, url, task)
				download(client, link, filepath.Join(directory, fmt.Sprintf("%d.png", task)))
			}
		}()
	}
	pace := time.NewTicker(time.Second / time.Duration(rate))
	for task := 0; task < tasks; task++ {
		<-pace.C
		numbers <- task
	}
	close(numbers)
	done.Wait()
}
