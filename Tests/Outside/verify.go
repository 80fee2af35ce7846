// Reads an audit log as an outsider would: with Go's sumdb/note and sumdb/tlog, unchanged, and nothing of Lantern.
//
//	verify DIRECTORY VERIFIER-KEY             all entries, all tiles, the signature
//	record VERIFIER-KEY PROOF ENTRY           that an entry is in the log (lantern audit prove --entry)
//	tree VERIFIER-KEY OLD-CHECKPOINT PROOF    that a log continues a checkpoint (lantern audit prove --since)
package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8
const width = 1 << height

func check(err error) {
	if err != nil {
		fmt.Println("FAULT:", err)
		os.Exit(1)
	}
}

// checkpoint opens a signed note and gives the tree that it signs.
func checkpoint(data []byte, key string) tlog.Tree {
	verifier, err := note.NewVerifier(key)
	check(err)
	opened, err := note.Open(data, note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		check(errors.New("the note is no checkpoint of this log"))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	hash, err := tlog.ParseHash(lines[2])
	check(err)
	return tlog.Tree{N: size, Hash: hash}
}

// directory gives tlog the tiles of a folder; C2SP's paths leave out the height that Go's have.
type directory string

func (d directory) Height() int                            { return height }
func (d directory) SaveTiles(tiles []tlog.Tile, _ [][]byte) {}

func (d directory) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(d), path))
		if errors.Is(err, os.ErrNotExist) && tile.W < width {
			full := tile
			full.W = width
			data, err = os.ReadFile(filepath.Join(string(d), strings.Replace(full.Path(), "tile/8/", "tile/", 1)))
			if err == nil {
				data = data[:tile.W*tlog.HashSize]
			}
		}
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// entries reads the bundle with entry first, of which n are expected.
func (d directory) entries(first, n int64) ([][]byte, error) {
	tile := tlog.Tile{H: height, L: 0, N: first / width, W: int(n)}
	path := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
	data, err := os.ReadFile(filepath.Join(string(d), path))
	if errors.Is(err, os.ErrNotExist) && n < width {
		tile.W = width
		data, err = os.ReadFile(filepath.Join(string(d), strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)))
	}
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for int64(len(entries)) < n {
		if len(data) < 2 || len(data) < 2+int(data[0])<<8+int(data[1]) {
			return nil, fmt.Errorf("entry %d is missing", first+int64(len(entries)))
		}
		size := int(data[0])<<8 + int(data[1])
		entries = append(entries, data[2:2+size])
		data = data[2+size:]
	}
	return entries, nil
}

func verify(dir directory, key string) {
	data, err := os.ReadFile(filepath.Join(string(dir), "checkpoint"))
	check(err)
	tree := checkpoint(data, key)
	authentic := tlog.TileHashReader(tree, dir)
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var hashes []tlog.Hash
		for _, index := range indexes {
			hashes = append(hashes, stored[index])
		}
		return hashes, nil
	})
	for first := int64(0); first < tree.N; first += width {
		n := tree.N - first
		if n > width {
			n = width
		}
		entries, err := dir.entries(first, n)
		check(err)
		var indexes []int64
		for i := int64(0); i < n; i++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, first+i))
		}
		leaves, err := authentic.ReadHashes(indexes)
		check(err)
		for i, entry := range entries {
			number := first + int64(i)
			if tlog.RecordHash(entry) != leaves[i] {
				check(fmt.Errorf("entry %d does not have the hash in its tile", number))
			}
			more, err := tlog.StoredHashes(number, entry, reader)
			check(err)
			stored = append(stored, more...)
		}
	}
	if tree.N > 0 {
		root, err := tlog.TreeHash(tree.N, reader)
		check(err)
		if root != tree.Hash {
			check(errors.New("the entries do not give the root hash that was signed"))
		}
	}
	fmt.Printf("intact: %d entries\n", tree.N)
}

// proof splits a proof into its first lines, its hashes and the checkpoint.
func proof(path string, head int) ([]string, []tlog.Hash, []byte) {
	data, err := os.ReadFile(path)
	check(err)
	parts := strings.SplitN(string(data), "\n\n", 2)
	if len(parts) != 2 {
		check(errors.New("the proof has no checkpoint"))
	}
	lines := strings.Split(parts[0], "\n")
	if len(lines) < head {
		check(errors.New("the proof has no head"))
	}
	var hashes []tlog.Hash
	for _, line := range lines[head:] {
		bytes, err := base64.StdEncoding.DecodeString(line)
		check(err)
		var hash tlog.Hash
		if copy(hash[:], bytes) != tlog.HashSize {
			check(errors.New("a hash is too short"))
		}
		hashes = append(hashes, hash)
	}
	return lines[:head], hashes, []byte(parts[1])
}

func main() {
	args := os.Args[1:]
	switch {
	case len(args) == 3 && args[0] == "verify":
		verify(directory(args[1]), args[2])
	case len(args) == 4 && args[0] == "record":
		head, hashes, data := proof(args[2], 2)
		tree := checkpoint(data, args[1])
		index, err := strconv.ParseInt(strings.TrimPrefix(head[1], "index "), 10, 64)
		check(err)
		entry, err := os.ReadFile(args[3])
		check(err)
		check(tlog.CheckRecord(tlog.RecordProof(hashes), tree.N, tree.Hash, index, tlog.RecordHash(entry)))
		fmt.Printf("proved: entry %d of %d\n", index, tree.N)
	case len(args) == 4 && args[0] == "tree":
		old, err := os.ReadFile(args[2])
		check(err)
		_, hashes, data := proof(args[3], 1)
		tree, before := checkpoint(data, args[1]), checkpoint(old, args[1])
		check(tlog.CheckTree(tlog.TreeProof(hashes), tree.N, tree.Hash, before.N, before.Hash))
		fmt.Printf("proved: %d entries continue %d\n", tree.N, before.N)
	default:
		fmt.Fprintln(os.Stderr, "usage: verify DIRECTORY KEY | record KEY PROOF ENTRY | tree KEY CHECKPOINT PROOF")
		os.Exit(64)
	}
}
