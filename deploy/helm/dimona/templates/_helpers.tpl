{{/* The table of processes, written from the code. */}}
{{- define "dimona.table" -}}
{{ .Files.Get "files/processes.json" }}
{{- end -}}

{{/* The name of an object of a process; arguments: the root, the process. */}}
{{- define "dimona.name" -}}
{{ printf "%s-%s" (index . 0).Release.Name (index . 1 | replace "_" "-") | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{/* The labels that select the pods of a process. */}}
{{- define "dimona.selector" -}}
app.kubernetes.io/name: dimona
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 | replace "_" "-" }}
{{- end -}}

{{- define "dimona.labels" -}}
{{ include "dimona.selector" . }}
app.kubernetes.io/part-of: dimona
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
helm.sh/chart: {{ printf "%s-%s" (index . 0).Chart.Name (index . 0).Chart.Version }}
{{- end -}}

{{- define "dimona.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}{{- else -}}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{- end -}}
{{- end -}}
{{- end -}}

{{/* The address of the API of a process, for other processes. */}}
{{- define "dimona.url" -}}
http://{{ include "dimona.name" . }}:8080
{{- end -}}

{{/* The address of the API of a process, for clients. */}}
{{- define "dimona.publicUrl" -}}
https://{{ index . 1 | replace "_" "-" }}.{{ (index . 0).Values.domain }}
{{- end -}}

{{/* The settings that the chart gives, as JSON; a process takes those that it has. */}}
{{- define "dimona.given" -}}
{{- $root := . -}}
{{- $apis := dict -}}
{{- range $name := list "access" "intake" "notifier" "contact" "identification" "personnel_file" -}}
{{- $_ := set $apis $name (include "dimona.url" (list $root $name)) -}}
{{- end -}}
{{- $health := dict -}}
{{- $table := include "dimona.table" $root | fromJson -}}
{{- range $name := $table.portal.probes -}}
{{- if ne (index $root.Values.processes $name).enabled false -}}
{{- $_ := set $health $name (printf "http://%s:8081/health" (include "dimona.name" (list $root $name))) -}}
{{- end -}}
{{- end -}}
{{- dict
  "ops_host" "0.0.0.0"
  "ops_port" 8081
  "api_port" 8080
  "sftp_host" "0.0.0.0"
  "sftp_port" 2022
  "transfer_dir" "/var/lib/dimona/transfer"
  "token_issuer" (include "dimona.publicUrl" (list . "access"))
  "public_url" (include "dimona.publicUrl" (list . "access"))
  "token_jwks_url" (printf "%s/jwks" (include "dimona.url" (list . "access")))
  "rest_url" (printf "%s/REST/dimona/v2" (include "dimona.publicUrl" (list . "intake")))
  "personnel_file_url" (include "dimona.url" (list . "personnel_file"))
  "portal_url" (include "dimona.publicUrl" (list . "portal"))
  "portal_apis" $apis
  "portal_health" $health | toJson -}}
{{- end -}}

{{/* The environment of a process; arguments: the root, its name, its row of the table. */}}
{{- define "dimona.environment" -}}
{{- $root := index . 0 -}}
{{- $own := index $root.Values.processes (index . 1) -}}
{{- $given := include "dimona.given" $root | fromJson -}}
{{- if and $own.volume (eq (index . 2).volume "files_dir") -}}
{{- if $own.volume.enabled }}{{ $_ := set $given "files_dir" "/var/lib/dimona/files" }}{{ end -}}
{{- end -}}
{{- $values := mergeOverwrite $given (deepCopy $root.Values.settings) (deepCopy ($own.settings | default dict)) -}}
- name: DIMONA_SECRETS_DIR
  value: /run/secrets/dimona
{{- range $name := (index . 2).settings }}
{{- if hasKey $values $name }}
{{- $value := index $values $name }}
- name: DIMONA_{{ upper $name }}
{{- if or (kindIs "map" $value) (kindIs "slice" $value) }}
  value: {{ toJson $value | quote }}
{{- else if kindIs "float64" $value }}
  value: {{ if eq (floor $value) $value }}{{ int64 $value | quote }}{{ else }}{{ $value | quote }}{{ end }}
{{- else }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "dimona.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "dimona.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
privileged: false
capabilities: {drop: [ALL]}
{{- end -}}
