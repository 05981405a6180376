package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/edgeward/edgeward/audit"
	"github.com/edgeward/edgeward/audit/auditfile"
	"github.com/edgeward/edgeward/internal/cli/settings"
	"github.com/edgeward/edgeward/internal/cli/ui"
)

func newAudit() *cobra.Command {
	return inGroup("look", group("audit", "Verify the audit log", newAuditVerify()))
}

func newAuditVerify() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify [FILE]",
		Short: "Say whether the audit log was tampered with",
		Long: `Verify the chain of hashes in the audit log, which stands beside the store:
whether a record was changed, removed, inserted or moved. Without FILE, that of
the configuration. FILE is the newest one: the full ones beside it, FILE.000001
and so on, are part of the chain and are read first. The server may go on
writing meanwhile.

No chain can show that its last records were cut off: keep the hash that this
prints somewhere else, and find it in the file later.

Exit status: 0 it is sound, 1 it is not, 2 it cannot be read.`,
		Example: `  edgeward audit verify
  edgeward audit verify /backup/edgeward.db.audit.jsonl --json | jq .records`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return ui.Advise("see: edgeward audit verify --help", "more than one file was given")
			}
			return nil
		},
	}
	path, asJSON := withConfig(cmd), withJSON(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		file, err := auditFile(*path, args)
		if err != nil {
			return err
		}
		v, err := verifyAudit(file)
		if err != nil {
			return err
		}
		if *asJSON {
			err = ui.JSON(cmd.OutOrStdout(), v)
		} else {
			v.print(cmd.OutOrStdout(), ui.Painter(cmd.OutOrStdout()))
		}
		if err == nil && !v.Sound {
			err = ui.ErrRefused
		}
		return err
	}
	return cmd
}

func auditFile(path string, args []string) (string, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	s, err := settings.Peek(path)
	if err != nil {
		return "", err
	}
	kept, err := s.Store()
	if err != nil {
		return "", err
	}
	if kept.AuditPath() == "" {
		return "", ui.Advise("name the file of the log", "beside the store of %s there is no audit log", path)
	}
	return kept.AuditPath(), nil
}

// An auditVerdict is what the chain of an audit log says.
type auditVerdict struct {
	File    string `json:"file"`
	Files   int    `json:"files"` // that were read, with the full ones beside it
	Sound   bool   `json:"sound"`
	Records uint64 `json:"records"` // in the sound part
	Hash    string `json:"hash"`    // of the last of these
	Problem string `json:"problem,omitempty"`
}

func verifyAudit(file string) (*auditVerdict, error) {
	files, err := auditfile.Open(file)
	if err != nil {
		return nil, err
	}
	defer files.Close()
	head, err := files.Verify(nil)
	v := &auditVerdict{File: file, Files: len(files), Sound: err == nil, Records: head.Count, Hash: hex.EncodeToString(head.Hash[:])}
	if broken, ok := errors.AsType[*audit.BreakError](err); ok {
		v.Problem = fmt.Sprintf("line %d: %s", broken.Line, broken.Problem)
		if in, ok := errors.AsType[*auditfile.FileError](err); ok && in.Path != file {
			v.Problem = in.Path + ", " + v.Problem
		}
		return v, nil
	}
	if errors.Is(err, audit.ErrTorn) {
		v.Problem = fmt.Sprintf("record %d was written in part: the server is writing it, or stopped in the middle and will remove it when it starts, or it was cut off", head.Count+1)
		return v, nil
	}
	return v, err
}

func (v *auditVerdict) print(w io.Writer, p ui.Paint) {
	if v.Sound {
		fmt.Fprintf(w, "%s %s is intact; records: %d\n  %s %s\n", p.Green("✓"), v.File, v.Records, p.Dim("last hash"), v.Hash)
		return
	}
	fmt.Fprintf(w, "%s %s is not sound\n  %s\n  %s\n", p.Red("✗"), v.File, ui.Harmless(v.Problem), p.Dim(fmt.Sprintf("%d records before it are; keep the file as it is", v.Records)))
}
